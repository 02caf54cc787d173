"""What several of the unit tests start from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.support.sweeps import BITCOIN, Desk, desk_on, ordered_stage


@pytest.fixture(scope="module", params=[True, False], ids=["cash first", "bitcoin first"])
def ordered(request: pytest.FixtureRequest) -> Iterator[Desk]:
    """A pool and a feed, with the two coins in either order; for one module."""
    with ordered_stage(request.param) as stage:
        yield desk_on(stage)


@pytest.fixture
def desk(ordered: Desk) -> Iterator[Desk]:
    """A desk at a pool that 1,000 bitcoin stand in, and as many dollars' worth."""
    with ordered.stage.scratch():
        desk = replace(ordered)
        desk.fill(1000 * BITCOIN)
        yield desk
