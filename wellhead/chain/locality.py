"""Which chain is for trying things out, and what must never be used on any other."""

from __future__ import annotations

from functools import lru_cache

from eth_account import Account as EthAccount
from eth_keys.datatypes import PrivateKey
from eth_utils.crypto import keccak

from wellhead.chain.accounts import DEV_MNEMONIC
from wellhead.chain.rpc import Rpc

#: Chain ids that local nodes use. Others may use them too, so the node is asked what it is.
LOCAL_CHAIN_IDS = (31337, 1337)
LOCAL_CLIENTS = ("anvil", "hardhat")

#: Phrases from documentation, with keys that everybody has, and how many of their accounts.
KNOWN_PHRASES = (
    (DEV_MNEMONIC, 40),
    ("myth like bonus scare over problem client lizard pioneer submit female collect", 10),
    ("candy maple cake sugar pudding cream honey rich smooth crumble sweet treat", 10),
)
#: Keys that are small numbers.
SMALL_KEYS = range(1, 17)

#: What tells the test coins: anyone may call these.
_TEST_COIN = ("mint(address,uint256)", "setBlocked(address,bool)", "setPaused(bool)")


def is_local(rpc: Rpc) -> bool:
    """Whether the node is a local chain's. A live one is never taken for it, nor one that only
    has a local chain's id; a rehearsal's anvil with another id counts as live."""
    if rpc.integer("eth_chainId") not in LOCAL_CHAIN_IDS:
        return False
    client = str(rpc("web3_clientVersion")).lower()
    return client.startswith(LOCAL_CLIENTS)


@lru_cache(maxsize=1)
def known_accounts() -> dict[str, str]:
    """Accounts whose keys are public, by address in lower case, and where they come from."""
    EthAccount.enable_unaudited_hdwallet_features()
    found = {}
    for phrase, count in KNOWN_PHRASES:
        words = " ".join(phrase.split()[:3])
        for index in range(count):
            path = f"m/44'/60'/0'/0/{index}"
            address = EthAccount.from_mnemonic(phrase, account_path=path).address
            found[str(address).lower()] = f'account {index} of the phrase "{words} ..."'
    for number in SMALL_KEYS:
        key = PrivateKey(number.to_bytes(32, "big"))
        found[key.public_key.to_address()] = f"the account of key {number}"
    return found


def publicly_known(address: str) -> str | None:
    """Where everybody has this account's key from; None if it is not known to be public."""
    return known_accounts().get(address.lower())


def is_test_coin(rpc: Rpc, address: str) -> bool:
    """Whether a coin is the test coin, in whatever build."""
    code = bytes.fromhex(rpc("eth_getCode", address, "latest")[2:])
    return all(_pushed(name) in code for name in _TEST_COIN)


def _pushed(function: str) -> bytes:
    """How a function's selector stands in bytecode: PUSH1 to PUSH4, without leading zeros."""
    selector = keccak(text=function)[:4].lstrip(b"\0")
    return bytes([0x5F + len(selector)]) + selector
