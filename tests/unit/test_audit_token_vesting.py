"""The audit's revenue ledger against the model's, step by step."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.shows import shows
from wellhead.audit.replays.token_state import shift_of
from wellhead.audit.replays.vesting import VESTING, Ledger
from wellhead.model.revenue import Revenue

BEGIN = 1_767_225_600
HOLDER = "0x01"

amounts = st.one_of(st.integers(0, 10**9), st.just(2**61), st.integers(0, 2**60))
steps = st.one_of(
    st.tuples(st.just("add"), amounts, st.integers(0, 1000)),
    st.tuples(
        st.just("wait"), st.one_of(st.integers(0, VESTING * 2), st.just(VESTING)), st.just(0)
    ),
    st.tuples(st.just("top_up"), amounts, st.just(0)),
    st.tuples(st.just("mint"), st.integers(0, 5 * 10**18), st.just(0)),
    st.tuples(st.just("burn"), st.integers(0, 1000), st.just(0)),
)


class Both:
    """A ledger with what the token keeps beside it, its supply, index and flag; and the model."""

    def __init__(self) -> None:
        self.now, self.supply, self.index, self.vests = BEGIN, 0, 0, False
        # A bound of 2^60 smallest units, so that some histories come there.
        self.ledger = Ledger(shift=68)
        self.balances = {HOLDER: 0}
        self.world = SimpleNamespace(now=BEGIN)
        self.model = Revenue(cast(Any, self.world), self.balances, "0x02", shift=68)

    def add(self, amount: int, part: int) -> None:
        backlog = amount * part // 1000
        self._add(amount, backlog)
        self.model.add(amount, backlog)

    def wait(self, seconds: int, _: int) -> None:
        self.now += seconds
        self.world.now = self.now

    def top_up(self, amount: int, _: int) -> None:
        self._settle()
        if self.vests:
            self.ledger.join(amount)
            self.model.join(amount)

    def mint(self, amount: int, _: int) -> None:
        self._settle()
        self._set(self.supply + amount)

    def burn(self, part: int, _: int) -> None:
        self._settle()
        self._set(self.supply - self.supply * part // 1000)

    def check(self) -> None:
        ledger, model = self.ledger, self.model
        growth = ledger.growth(self.now, self.supply) if self.vests else 0
        assert self.index + growth == model.index
        assert ledger.unvested_at(self.now) == model.unvested
        assert (ledger.total, ledger.held, ledger.carried) == (model.total, model.held, model.rest)
        assert self.vests == model.vests

    def _add(self, amount: int, backlog: int) -> None:
        step, self.vests = self.ledger.add(self.now, amount, backlog, self.supply, self.vests)
        self.index += step

    def _settle(self) -> None:
        """Write down what has vested."""
        if self.vests:
            self._add(0, 0)
            self.model.add(0, 0)

    def _set(self, supply: int) -> None:
        self.supply = self.balances[HOLDER] = supply


@shows("AUD-3")
@given(history=st.lists(steps, min_size=1, max_size=30))
@settings(max_examples=150)
def test_every_history_gives_what_the_model_gives(history: list[tuple[str, int, int]]) -> None:
    both = Both()
    for name, number, part in history:
        getattr(both, name)(number, part)
        both.check()


def test_the_shift_leaves_room_for_the_coins() -> None:
    assert (shift_of(6, 40), shift_of(8, 25)) == (68, 76)
