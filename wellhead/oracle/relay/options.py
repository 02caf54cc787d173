"""How a relay works."""

from __future__ import annotations

from dataclasses import dataclass

from wellhead.chain.fees import GWEI, Caps
from wellhead.chain.transactions import Terms

#: For a local chain: it mines at once, and its transactions cost nothing.
LOCAL_TERMS = Terms(Caps(1000 * GWEI, 100 * GWEI), confirmations=1)


@dataclass(frozen=True)
class Options:
    """`lookback` is in hours and reaches over the oracle's silence, seven days, and more; a batch
    has at most `most` hours; gas money is low below so many reports; no `clusters` are all. Every
    `revenue_hours` it also distributes what each cluster has earned, and sweeps its bitcoin part
    for the tip; never, if that is 0."""

    lookback: int = 9 * 24
    most: int = 100
    low_balance: int = 100
    close_silent: bool = False
    clusters: tuple[int, ...] = ()
    revenue_hours: int = 0
