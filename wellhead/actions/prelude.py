"""What is checked, and what it would cost, before a deployment sends anything."""

from __future__ import annotations

from dataclasses import dataclass

from eth_abi.exceptions import DecodingError

from wellhead.actions.errors import SetupError
from wellhead.actions.venues import Sight, sight
from wellhead.chain import Contract, Parameters, Reverted, Rpc, RpcError
from wellhead.chain.fees import Caps, base_fee, usual_tip
from wellhead.chain.locality import is_local, is_test_coin, publicly_known
from wellhead.chain.plan import NO_VENUE, Creation, steps
from wellhead.chain.transactions import estimate

#: Gas that a call to the authority needs at most; it can not be asked for before there is one.
CALL_GAS = 110_000
CASH_DECIMALS, RESERVE_DECIMALS = 6, 8

_ZERO = "0x" + "00" * 20
_SOMEBODY = "0x" + "5e" * 20
#: An account that delegates to code (EIP-7702) still signs for itself.
_DELEGATION = "0xef0100"


@dataclass(frozen=True)
class Cost:
    """What the transactions need, in gas and wei: at today's fees, and at most."""

    transactions: int
    gas: int
    base_fee: int
    tip: int
    now: int
    most: int
    balance: int


@dataclass(frozen=True)
class Coin:
    """A coin as it describes itself."""

    address: str
    symbol: str
    decimals: int
    anyone_mints: bool


@dataclass(frozen=True)
class Examined:
    """What a deployment is to stand on: both coins, and where bitcoin is bought, if anywhere."""

    cash: Coin
    reserve: Coin
    venue: Sight | None


def examine(rpc: Rpc, deployer: str, parameters: Parameters) -> Examined:
    """Coins and venue, if nothing speaks against deploying with these parameters; SetupError if
    something does."""
    local = is_local(rpc)
    people = {
        "the deployer": [deployer],
        "reporter": parameters.reporters,
        "operator": parameters.operators,
        "guardian": parameters.guardians,
        "officer": parameters.officers,
        "the governor": [parameters.governor or deployer],
    }
    for who, accounts in people.items():
        for account in accounts:
            if account == _ZERO:
                raise SetupError(f"{who} {account} is nobody")
            known = None if local else publicly_known(account)
            if known is not None:
                raise SetupError(
                    f"{who} {account} is {known}, whose key everybody has: it is for local chains "
                    "only"
                )
            if not local and account == deployer and who != "the deployer":
                raise SetupError(f"{who} {account} is the deployer, who must keep no role")
    if not local:
        _examine_governor(rpc, str(parameters.governor))
    for reporter in parameters.reporters:
        code = str(rpc("eth_getCode", reporter, "latest"))
        if code != "0x" and not code.startswith(_DELEGATION):
            raise SetupError(f"reporter {reporter} is a contract, and contracts can not sign")
    cash = _coin(rpc, "cash", parameters.cash, CASH_DECIMALS, local)
    reserve = _coin(rpc, "reserve", parameters.reserve, RESERVE_DECIMALS, local)
    return Examined(cash, reserve, _venue(rpc, parameters, (cash, reserve), local))


def _venue(rpc: Rpc, parameters: Parameters, coins: tuple[Coin, Coin], local: bool) -> Sight | None:
    if parameters.venue == NO_VENUE:
        return None
    cash, reserve = coins
    digits = (cash.decimals, reserve.decimals)
    found = sight(rpc, parameters.venue, cash.address, reserve.address, digits)
    if not local and found.anyone_answers:
        raise SetupError(
            f"the feed {parameters.venue.feed} says what anybody tells it: it is for local chains "
            "only"
        )
    return found


def cost_of(rpc: Rpc, deployer: str, parameters: Parameters, caps: Caps, done: int = 0) -> Cost:
    """What the steps after the first `done` need. Reverted where a constructor would refuse."""
    planned = steps(deployer, 0, parameters)[done:]
    gas = sum(
        estimate(rpc, deployer, step) if isinstance(step, Creation) else CALL_GAS
        for step in planned
    )
    base, tip = base_fee(rpc), min(usual_tip(rpc), caps.tip)
    return Cost(
        transactions=len(planned),
        gas=gas,
        base_fee=base,
        tip=tip,
        now=gas * (base + tip),
        most=gas * caps.max_fee,
        balance=rpc.integer("eth_getBalance", deployer, "latest"),
    )


def _examine_governor(rpc: Rpc, governor: str) -> None:
    code = str(rpc("eth_getCode", governor, "latest"))
    if code == "0x" or code.startswith(_DELEGATION):
        raise SetupError(f"the governor {governor} is no contract on this chain: give a multisig")


def _coin(rpc: Rpc, what: str, address: str, decimals: int, local: bool) -> Coin:
    if rpc("eth_getCode", address, "latest") == "0x":
        raise SetupError(f"{what}: there is no contract at {address}")
    if not local and is_test_coin(rpc, address):
        raise SetupError(f"{what}: {address} is the test coin, which is for local chains only")
    coin = Contract(rpc, "TestCoin", address)
    try:
        given, symbol = int(coin.call("decimals")), str(coin.call("symbol"))
    except (Reverted, RpcError, DecodingError) as error:
        raise SetupError(f"{what}: {address} does not answer as a coin") from error
    if given != decimals:
        raise SetupError(f"{what}: {symbol} at {address} has {given} decimals and not {decimals}")
    return Coin(address, symbol, given, _anyone_mints(coin))


def _anyone_mints(coin: Contract) -> bool:
    try:
        coin.call("mint", _SOMEBODY, 1, sender=_SOMEBODY)
    except (Reverted, RpcError, DecodingError):
        return False
    return True
