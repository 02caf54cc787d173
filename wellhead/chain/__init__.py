"""Talking to a chain: raw JSON-RPC, a local anvil, contracts, signatures and deployment.

Nothing in here imports ape, which takes seconds to start and a dozen requests for a transaction.
"""

from wellhead.chain.abi import Event
from wellhead.chain.accounts import Account, KeyAccount, UnlockedAccount, dev_account, dev_key
from wellhead.chain.anvil import Anvil
from wellhead.chain.contract import Contract, Receipt, Reverted
from wellhead.chain.deployment import Deployment, deploy, deploy_coins
from wellhead.chain.plan import Delays, Parameters
from wellhead.chain.rpc import NodeUnreachable, Rpc, RpcError

__all__ = [
    "Account",
    "Anvil",
    "Contract",
    "Delays",
    "Deployment",
    "Event",
    "KeyAccount",
    "NodeUnreachable",
    "Parameters",
    "Receipt",
    "Reverted",
    "Rpc",
    "RpcError",
    "UnlockedAccount",
    "deploy",
    "deploy_coins",
    "dev_account",
    "dev_key",
]
