"""The tables of docs/gas.md: the committed snapshot, and what others publish."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from docs.world import World
from tests.gas.floor import ratio
from tests.gas.measure import Figures, read_snapshot
from tests.gas.operations import OPERATIONS


@dataclass(frozen=True)
class Peer:
    """Somebody else's published figure beside an operation of ours."""

    operation: str
    #: Whose and what, the figure as published, and the number of its source in the page.
    theirs: str
    gas: str
    source: int
    #: What the figure covers: a whole transaction, or what is inside of one call.
    covers: str
    #: How the two differ.
    apart: str


_TRANSACTION = "transaction"
_ESTIMATE = "transaction, design estimate ± 40 %"
_CALL = "call, without 21,000 and calldata"

PEERS = (
    Peer(
        "report_1_cluster",
        "Chronicle Scribe, `poke`, 5 signers",
        "81,025",
        1,
        _TRANSACTION,
        "a price, 5 signatures aggregated into one, one slot overwritten; "
        "here 5 signatures, verified one by one, and the hour of two years before overwritten",
    ),
    Peer(
        "report_1_cluster",
        "Chronicle Scribe, `opPoke`, 5 signers",
        "68,944",
        1,
        _TRANSACTION,
        "verifies one signature only, the rest if somebody challenges (90,374); "
        "here all are verified at once",
    ),
    Peer(
        "lease_24h",
        "Akash AEP-79, `createDeployment`, `createBid`, `createLease`",
        "480,000 + 350,000 + 700,000",
        2,
        _ESTIMATE,
        "an order, bids, and a lease without an end that an escrow pays as it runs; "
        "here a posted price, fixed hours, paid in advance, capacity checked for each of them",
    ),
    Peer(
        "lease_first_24h",
        "Sablier Lockup 3.0.1, create a linear stream",
        "121,059 to 161,769",
        3,
        _CALL,
        "an NFT and its escrow as well, but no calendar, no price and no service level",
    ),
    Peer(
        "cancel_720h",
        "Akash AEP-79, `closeDeployment`",
        "450,000",
        2,
        _ESTIMATE,
        "closes an order with its lease, pays and refunds at once; "
        "here the hours given back are priced on the curve and free to be leased again",
    ),
    Peer(
        "cancel_720h",
        "Sablier Lockup 3.0.1, `cancel`",
        "39,017",
        3,
        _CALL,
        "splits one stream by time; no calendar to release, no price curve",
    ),
    Peer(
        "settle_refund",
        "Akash AEP-79, `withdrawLease`",
        "180,000",
        2,
        _ESTIMATE,
        "pays coins out; here they become claims in the vault, and withdrawing them comes on top",
    ),
    Peer(
        "claim",
        "Sablier Flow 2.0.1, `withdrawMax`",
        "59,881",
        4,
        _CALL,
        "one payer's stream to one recipient; here a share of what a whole cluster earned",
    ),
    Peer(
        "withdraw",
        "Sablier Lockup 3.0.1, `withdraw`",
        "30,001 to 30,259",
        3,
        _CALL,
        "also computes what has streamed; here the claim stands already",
    ),
    Peer(
        "withdraw",
        "Sablier Flow 2.0.1, `withdraw`, solvent",
        "45,945",
        4,
        _CALL,
        "the same, with USDC as the coin",
    ),
    Peer(
        "transfer_idle",
        "OpenZeppelin 5.7.0, ERC-20 `transfer`",
        "34,371",
        5,
        _TRANSACTION,
        "a coin that earns nothing and that anybody may hold, measured here too (see above); "
        "here the transfer asks who may send and receive, and looks whether something was earned",
    ),
    Peer(
        "transfer_first",
        "Centrifuge v3, share token `transferFrom`",
        "81,017",
        6,
        "call in a test, without 21,000 and calldata",
        "asks a hook whether both may hold it, receiver new to it as well, compiled for size "
        "(1 optimizer run); here a transaction, by the owner",
    ),
)


def operations(_world: World) -> Iterator[str]:
    """Every operation of the committed snapshot beside its floor and its limit."""
    figures = _figures()
    yield from _head(("operation", False), *((name, True) for name in _NUMBERS))
    for name, operation in OPERATIONS.items():
        figure = figures[name]
        limit = f"{operation.limit:,}" if operation.limit is not None else ""
        yield _row(
            operation.what,
            f"{figure['gas']:,}",
            f"{figure['floor']:,}",
            ratio(figure["gas"], figure["floor"]),
            str(figure["new_slots"]),
            limit,
        )


def peers(_world: World) -> Iterator[str]:
    """Others' figures beside ours."""
    figures = _figures()
    yield from _head(
        ("here", False),
        ("gas", True),
        ("elsewhere", False),
        ("gas", True),
        ("covers", False),
        ("what is different", False),
    )
    for peer in PEERS:
        yield _row(
            OPERATIONS[peer.operation].what,
            f"{figures[peer.operation]['gas']:,}",
            f"{peer.theirs} [{peer.source}]",
            peer.gas,
            peer.covers,
            peer.apart,
        )


_NUMBERS = ("gas", "floor", "gas / floor", "new slots", "limit")


def _figures() -> Figures:
    figures = read_snapshot()
    if set(figures) != set(OPERATIONS):
        raise KeyError(sorted(set(figures) ^ set(OPERATIONS)))
    return figures


def _head(*columns: tuple[str, bool]) -> Iterator[str]:
    """The first two lines of a table; True for a column of numbers."""
    yield _row(*(name for name, _ in columns))
    yield f"|{'|'.join('---:' if number else '---' for _, number in columns)}|"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
