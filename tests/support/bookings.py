"""Random bookings."""

from __future__ import annotations

import random

from tests.support.stage import GENESIS, HOUR, Stage
from wellhead.chain import Reverted

REFUSALS = {"LeaseMarket_SoldOut", "LeaseMarket_InvalidLength", "LeaseMarket_PastHorizon"}


def book(stage: Stage, cluster: int, seed: int, count: int, span: int) -> None:
    """Random leases that start in the chain's first `span` hours; those that the market refuses
    are left out."""
    chance = random.Random(seed)
    for _ in range(count):
        hours = chance.choice([1, 2, 5, 8, 24, 31, 100])
        try:
            stage.lease(
                cluster, chance.randint(1, 20), GENESIS // HOUR + chance.randrange(span), hours
            )
        except Reverted as error:
            assert error.name in REFUSALS
