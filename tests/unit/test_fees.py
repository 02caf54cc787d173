"""What is offered for a transaction, and what may replace it."""

from __future__ import annotations

from typing import Any

import pytest

from wellhead.chain.fees import (
    GWEI,
    Caps,
    NoDynamicFees,
    Offer,
    TooDear,
    base_fee,
    first_offer,
    raised,
    show_gwei,
    single_offer,
)


class Market:
    """Stands for a node with this base fee and tip."""

    def __init__(self, base: int, tip: int) -> None:
        self.base, self.tip = base, tip

    def __call__(self, method: str, *_: Any) -> Any:
        assert method == "eth_getBlockByNumber"
        return {"baseFeePerGas": hex(self.base)} if self.base else {}

    def integer(self, method: str) -> int:
        assert method == "eth_maxPriorityFeePerGas"
        return self.tip


CAPS = Caps(max_fee=40 * GWEI, tip=3 * GWEI)


def at(base: int, tip: int = GWEI) -> Any:
    return Market(base * GWEI, tip)


def test_a_first_offer_leaves_room_for_twice_the_base_fee_and_for_more() -> None:
    assert first_offer(at(10), CAPS) == Offer(21 * GWEI, GWEI)
    assert first_offer(at(10, 9 * GWEI), CAPS) == Offer(22 * GWEI, 2 * GWEI)
    assert first_offer(at(30), CAPS) == Offer(40 * GWEI, GWEI)


def test_above_the_cap_nothing_is_offered() -> None:
    assert first_offer(at(39), CAPS) == Offer(40 * GWEI, GWEI)
    assert first_offer(at(40), CAPS) is None
    assert first_offer(at(1000), CAPS) is None


def test_a_single_offer_is_refused_above_the_caps() -> None:
    assert single_offer(at(10), CAPS) == Offer(21 * GWEI, GWEI)
    assert single_offer(at(37, 3 * GWEI), CAPS) == Offer(40 * GWEI, 3 * GWEI)
    with pytest.raises(TooDear, match=r"base fee of 38 gwei and a tip of 3 gwei .* of 40 gwei"):
        single_offer(at(38, 3 * GWEI), CAPS)
    with pytest.raises(TooDear, match=r"tip of 3\.000000001 gwei .* cap of 3 gwei"):
        single_offer(at(1, 3 * GWEI + 1), CAPS)
    assert single_offer(at(1000, 50 * GWEI), None) == Offer(2050 * GWEI, 50 * GWEI)
    assert single_offer(at(0, 50 * GWEI), CAPS) == Offer(0, 0), "no base fee, and nobody to tip"


@pytest.mark.parametrize("base", [1, 10, 20, 30])
def test_replacements_offer_an_eighth_more_of_both_until_the_cap(base: int) -> None:
    offer: Offer | None = Offer(21 * GWEI, GWEI)
    count = 0
    while offer is not None:
        following = raised(at(base), offer, CAPS)
        if following is not None:
            count += 1
            assert following.max_fee * 8 >= offer.max_fee * 9
            assert following.tip * 8 >= offer.tip * 9
            assert following.max_fee <= CAPS.max_fee
            assert following.tip <= CAPS.tip
            assert following.max_fee >= base * GWEI + following.tip
        offer = following
    assert 1 <= count <= 9


def test_even_a_tip_of_nothing_is_raised() -> None:
    following = raised(at(1, 0), Offer(2 * GWEI, 0), CAPS)
    assert following is not None
    assert following.tip == 1


def test_a_chain_without_a_base_fee() -> None:
    with pytest.raises(NoDynamicFees, match="no base fee"):
        base_fee(Market(0, 0))  # type: ignore[arg-type]


def test_fees_are_shown_to_the_last_wei() -> None:
    assert [show_gwei(n) for n in (0, 1, 15 * GWEI // 10, 1234 * GWEI)] == [
        "0 gwei",
        "0.000000001 gwei",
        "1.5 gwei",
        "1,234 gwei",
    ]
