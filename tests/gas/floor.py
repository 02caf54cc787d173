"""The floor of a mined transaction's gas: what the state that it touches costs at least.

Counted, at the prices of cancun (EIP-2028, 2200, 2929, 3529, 3651, 3860):

    21,000                the transaction
    4, 16                 a byte of calldata that is zero, that is not
    2,600                 an account touched, beside the sender, the one called, the block's
                          beneficiary, precompiles and contracts that the transaction creates
    2,100                 a storage slot touched
    + 20,000              a slot that was zero before the transaction and is not after it
    + 2,900               a slot that was not zero before it and has another value after it
    375 + 375 + 8         an event, each of its topics, each byte of its data
    3,000                 a call of ecrecover
    32,000 + 200          a contract created, each byte of its code
    - 4,800               a slot that was not zero and is zero now; all refunds together give back a
                          fifth of the floor at most, rounded down, as they do of gas

Each account counts once, and each slot once per address, however often it is touched and whatever
it held in between. Not counted, and so what a floor leaves to save: computing, memory, hashing,
warm accesses, calls, writes on the way to the last value, other precompiles, the initcode of
contracts created inside, ether that contracts send. Every part is at most what the transaction paid
for it, so the floor is never above the gas used; it is the floor of the state this design touches,
not of the task: another layout of storage has another floor.

Since Prague a transaction pays at least for its data as well (EIP-7623). That is no part of the
floor: it binds no core operation, which a test checks on every one that is measured.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from typing import Any

from wellhead.chain import Rpc

_ECRECOVER = 1
#: Addresses of cancun's precompiles, which are always warm.
_PRECOMPILES = range(1, 11)


@dataclass(frozen=True)
class Touched:
    """What one transaction touched: numbers of things, each with a price of its own."""

    zero_bytes: int = 0
    nonzero_bytes: int = 0
    accounts: int = 0
    slots: int = 0
    #: Slots from zero to something, from something to something else, from something to zero.
    filled: int = 0
    changed: int = 0
    cleared: int = 0
    events: int = 0
    topics: int = 0
    event_bytes: int = 0
    recoveries: int = 0
    created: int = 0
    code_bytes: int = 0

    @property
    def parts(self) -> dict[str, int]:
        """Gas by what it is for; the refund is negative. They add up to the floor."""
        parts = {
            "base": 21_000,
            "calldata": 4 * self.zero_bytes + 16 * self.nonzero_bytes,
            "accounts": 2_600 * self.accounts,
            "slots": 2_100 * self.slots,
            "writes": 20_000 * self.filled + 2_900 * (self.changed + self.cleared),
            "events": 375 * (self.events + self.topics) + 8 * self.event_bytes,
            "signatures": 3_000 * self.recoveries,
            "contracts": 32_000 * self.created + 200 * self.code_bytes,
        }
        refund = min(4_800 * self.cleared, sum(parts.values()) // 5)
        return {**parts, "refund": -refund}

    @property
    def floor(self) -> int:
        """Gas that the transaction could not have done without."""
        return sum(self.parts.values())

    @property
    def data_floor(self) -> int:
        """What EIP-7623 makes every transaction pay at least, in gas."""
        return 21_000 + 10 * (self.zero_bytes + 4 * self.nonzero_bytes)

    def __add__(self, other: Touched) -> Touched:
        mine, theirs = asdict(self), asdict(other)
        return Touched(**{f.name: mine[f.name] + theirs[f.name] for f in fields(self)})


def ratio(gas: int, floor: int) -> str:
    """gas / floor with two digits, the nearest."""
    hundredths = (100 * gas + floor // 2) // floor
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def touched(rpc: Rpc, transaction_hash: str) -> Touched:
    """Count what a mined transaction touched; ValueError for one that this does not hold for."""
    transaction, receipt, before, change, call = rpc.batch(
        [
            ("eth_getTransactionByHash", [transaction_hash]),
            ("eth_getTransactionReceipt", [transaction_hash]),
            _trace(transaction_hash, "prestateTracer"),
            _trace(transaction_hash, "prestateTracer", diffMode=True),
            _trace(transaction_hash, "callTracer"),
        ]
    )
    if receipt["status"] != "0x1":
        raise ValueError(f"{transaction_hash} failed: nothing that it touched has remained")
    if transaction.get("accessList") or transaction.get("authorizationList"):
        raise ValueError(f"{transaction_hash} has a list of its own, which has other prices")
    # The receipt's: for a moment anvil still gives the transaction from its pool, without a block.
    block = rpc("eth_getBlockByNumber", receipt["blockNumber"], False)
    data = bytes.fromhex(transaction["input"][2:])
    frames = list(_frames(call))
    creations = [f for f in frames if f["type"].startswith("CREATE") and "error" not in f]
    warm = {transaction["from"], transaction["to"], block["miner"]} | {f["to"] for f in creations}
    return Touched(
        zero_bytes=data.count(0),
        nonzero_bytes=len(data) - data.count(0),
        accounts=sum(a not in warm and int(a, 16) not in _PRECOMPILES for a in before),
        slots=sum(len(account.get("storage", {})) for account in before.values()),
        events=len(receipt["logs"]),
        topics=sum(len(log["topics"]) for log in receipt["logs"]),
        event_bytes=sum(len(log["data"]) // 2 - 1 for log in receipt["logs"]),
        recoveries=sum(int(f["to"], 16) == _ECRECOVER for f in frames if f.get("to")),
        created=len(creations),
        code_bytes=sum(len(f["output"]) // 2 - 1 for f in creations),
    ) + _writes(change)


def _trace(transaction_hash: str, tracer: str, **config: bool) -> tuple[str, list[Any]]:
    options = {"tracer": tracer, "tracerConfig": config}
    return "debug_traceTransaction", [transaction_hash, options]


def _writes(change: dict[str, Any]) -> Touched:
    """Slots by what became of them, from the values before and after."""
    filled = changed = cleared = 0
    for address in {*change["pre"], *change["post"]}:
        before = change["pre"].get(address, {}).get("storage", {})
        after = change["post"].get(address, {}).get("storage", {})
        for slot in {*before, *after}:
            old, new = (int(side.get(slot, "0x0"), 16) for side in (before, after))
            filled += old == 0 != new
            changed += 0 != old != new != 0
            cleared += old != 0 == new
    return Touched(filled=filled, changed=changed, cleared=cleared)


def _frames(call: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A call and all calls inside it."""
    yield call
    for inner in call.get("calls", ()):
        yield from _frames(inner)
