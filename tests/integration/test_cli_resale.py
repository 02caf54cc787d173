"""lease sell, buy and offers on a chain."""

from __future__ import annotations

import pytest

from tests.support.cli import Command, block_number, purse
from tests.support.sales import parts_digest
from tests.support.stage import GENESIS, HOUR, Stage
from wellhead.chain import dev_account

NOW = GENESIS // HOUR
DAY = 24 * HOUR
SELLER, BUYER = 5, 6


@pytest.fixture
def lease(stage: Stage) -> int:
    """16 units for 24 hours, ten hours ahead, dev account 5's."""
    return stage.lease(stage.cluster(64), 16, NOW + 10, 24)


def who(index: int) -> str:
    return dev_account(index).address


def test_sell_approves_and_offers_with_one_confirmation(
    wellhead: Command, stage: Stage, lease: int
) -> None:
    before = block_number(stage)
    sell = ["lease", "sell", lease, "--price", "100", "--days", 1]
    dry = wellhead.json(*sell, "--dry-run")
    assert (dry["needs_approval"], dry["approval"], dry["transaction"]) == (True, None, None)
    asked = wellhead(*sell, answer="n\n")
    assert (asked.code, block_number(stage)) == (2, before)
    assert "the exchange is not approved for lease 1 yet: that is sent first" in asked.stderr
    assert "Approve the exchange for lease 1 and offer it for $100.00 until 2026-" in asked.stderr
    done = wellhead.json(*sell, "--yes")
    assert done["schema"] == "wellhead.lease.sell/1"
    assert done["approval"] is not None
    assert block_number(stage) == before + 2
    exchange = stage.deployment.exchange
    listing = exchange.call("listingOf", lease)
    assert (listing["seller"], listing["startPrice"]) == (who(SELLER), 100_000_000)
    assert listing["closes"] - listing["opens"] == DAY
    assert done["listing"]["closes"] == str(listing["closes"])
    # Another price needs no other approval.
    again = wellhead.json("lease", "sell", lease, "--price", "90", "--yes")
    assert (again["needs_approval"], again["approval"]) == (False, None)
    assert exchange.call("listingOf", lease)["closes"] == (NOW + 34) * HOUR
    shown = wellhead.json("lease", "show", lease)["listing"]
    assert (shown["price"], shown["seller"]) == ("90000000", who(SELLER))
    withdrawn = wellhead.json("lease", "sell", lease, "--withdraw", "--yes")
    assert withdrawn["listing"] is None
    assert wellhead.json("lease", "show", lease)["listing"] is None
    assert "Lease 1 is not for sale." in wellhead.refused(
        1, "lease", "sell", lease, "--withdraw", "--yes"
    )


def test_a_falling_price(wellhead: Command, stage: Stage, lease: int) -> None:
    sell = ["lease", "sell", lease, "--price", 100, "--to-price", 40]
    wellhead.json(*sell, "--opens", "2026-01-01T02:00Z", "--closes", "now+8", "--yes")
    buy = ["lease", "buy", lease, "--account", BUYER, "--yes"]
    assert "Lease 1 can be bought from 2026-01-01 02:00 UTC to" in wellhead.refused(1, *buy)
    (early,) = wellhead.json("lease", "offers")["offers"]
    assert early["listing"]["price"] is None
    assert "opens 2026-01-01 02:00" in " ".join(wellhead("lease", "offers").stdout.split())
    stage.to_time((NOW + 5) * HOUR)
    price = stage.deployment.exchange.call("priceOf", lease)
    assert 40_000_000 < price < 100_000_000
    (offer,) = wellhead.json("lease", "offers", 1)["offers"]
    assert int(offer["listing"]["price"]) == price
    assert (offer["lease"], offer["units"], offer["state"]) == ("1", "16", "future")
    held = stage.claim_of(stage.tenants[0])
    before, _ = purse(stage, stage.tenants[1])
    done = wellhead.json(*buy)
    assert int(done["price"]) <= price == int(done["bounds"]["max_price"])
    assert stage.market.call("ownerOf", lease) == who(BUYER)
    assert stage.claim_of(stage.tenants[0]) == held + int(done["price"])
    assert purse(stage, stage.tenants[1])[0] == before - int(done["price"])
    assert wellhead.json("lease", "offers")["offers"] == []
    assert "nothing is for sale" in wellhead("lease", "offers").stderr


def test_buy_shows_what_it_relies_on(wellhead: Command, stage: Stage, lease: int) -> None:
    wellhead.json("lease", "sell", lease, "--price", 100, "--yes")
    before = block_number(stage)
    dry = wellhead.json("lease", "buy", lease, "--account", BUYER, "--dry-run")
    assert dry["bounds"] == {
        "max_price": "100000000",
        "units": "16",
        "end": str(NOW + 34),
        "accrued_to": str(NOW + 10),
        "user_until": "0",
        "parts": "0x" + parts_digest(stage.market, lease).hex(),
    }
    assert (dry["first"], dry["payment"]["way"]) == (str(NOW + 10), "allowance")
    asked = wellhead("lease", "buy", lease, "--account", BUYER, answer="n\n")
    assert "Buy lease 1, 16 units until 2026-01-02 10:00 UTC, for $100.00, paid from $" in (
        asked.stderr
    )
    assert block_number(stage) == before
    shown = wellhead("lease", "buy", lease, "--account", BUYER, "--yes").stdout
    assert "hours before 2026-01-01 10:00 UTC at most" in shown
    assert "$100.00 of the account, by the allowance" in " ".join(shown.split())


@pytest.mark.parametrize("way", ["permit", "authorization", "allowance"])
def test_buy_pays_in_every_way(wellhead: Command, stage: Stage, lease: int, way: str) -> None:
    buyer = stage.holders[0]
    stage.cash.send("mint", buyer.address, 10**9, sender=buyer)
    wellhead.json("lease", "sell", lease, "--price", 100, "--yes")
    before = block_number(stage)
    done = wellhead.json("lease", "buy", lease, "--account", 9, "--pay", way, "--yes")
    assert block_number(stage) == before + (2 if way == "allowance" else 1)
    assert done["payment"]["from_coins"] == "100000000"
    assert purse(stage, buyer) == (9 * 10**8, 0)


def test_purchases_that_are_refused(wellhead: Command, stage: Stage, lease: int) -> None:
    buy = ["lease", "buy", lease, "--account", BUYER]

    def refused(*more: object) -> str:
        said = wellhead.refused(1, *buy, *more, "--yes")
        assert wellhead.refused(1, *buy, *more, "--dry-run") == said
        return said

    assert refused() == "Lease 1 is not for sale."
    assert "There is no lease 9." in wellhead.refused(1, "lease", "buy", 9, "--yes")
    wellhead.json("lease", "sell", lease, "--price", 100, "--yes")
    assert refused("--max-price", 99.99) == ("The price is $100.00, more than the limit of $99.99.")
    assert f"Lease 1 belongs to {who(SELLER)} already." in refused("--account", SELLER)
    assert "$0.00, and $100.00 is needed" in refused("--account", 9)
    stage.market.send("setUser", lease, who(9), (NOW + 20) * HOUR, sender=stage.tenants[0])
    assert refused() == "Lease 1 has a user until 2026-01-01 20:00 UTC, whoever owns it."
    allowed = wellhead.json(*buy, "--allow-user", "--dry-run")
    assert allowed["user"] == who(9)
    assert allowed["bounds"]["user_until"] == str((NOW + 20) * HOUR)
    (offer,) = wellhead.json("lease", "offers")["offers"]
    assert offer["user_until"] == str((NOW + 20) * HOUR)
    stage.market.send("noticeSuspension", lease, b"\1" * 32, sender=stage.operator)
    assert "can not be bought" in refused("--allow-user")
    assert wellhead.json("lease", "offers")["offers"] == []


def test_hours_that_become_final_meanwhile_stop_a_purchase(
    wellhead: Command, stage: Stage, lease: int
) -> None:
    wellhead.json("lease", "extend", lease, "--hours", 40, "--yes")
    wellhead.json("lease", "sell", lease, "--price", 100, "--days", 5, "--yes")
    stage.to_hour(NOW + 14)
    stage.report_hours(1, NOW + 10, NOW + 14)
    stage.to_hour(NOW + 33)  # not final yet
    buy = ["lease", "buy", lease, "--account", BUYER]
    assert wellhead.json(*buy, "--dry-run")["bounds"]["accrued_to"] == str(NOW + 10)
    stage.finalize()
    said = wellhead.refused(1, *buy, "--accrued-to", NOW + 12, "--yes")
    assert said == (
        "Hours of lease 1 up to 2026-01-01 14:00 UTC would be settled to the seller, beyond the "
        "limit of 2026-01-01 12:00 UTC."
    )
    assert wellhead.json(*buy, "--dry-run")["bounds"]["accrued_to"] == str(NOW + 14)
    assert len(wellhead.json("lease", "offers")["offers"]) == 1
    stage.to_hour(NOW + 74)  # it is over, though its offer is not
    assert wellhead.json("lease", "offers")["offers"] == []
    assert "Lease 1 is over since 2026-01-04" in wellhead.refused(1, *buy, "--yes")


def test_an_offer_ends_when_its_lease_moves(wellhead: Command, stage: Stage, lease: int) -> None:
    """Even where it comes back, and may be moved by the exchange again."""
    first, second = stage.tenants[:2]
    exchange = stage.deployment.exchange.address
    wellhead.json("lease", "sell", lease, "--price", 100, "--yes")
    stage.market.send("approve", stage.stranger.address, lease, sender=first)
    assert wellhead.json("lease", "offers")["offers"] == []
    stage.market.send("setApprovalForAll", exchange, True, sender=first)
    assert len(wellhead.json("lease", "offers")["offers"]) == 1
    stage.market.send("transferFrom", first.address, second.address, lease, sender=first)
    assert wellhead.json("lease", "offers")["offers"] == []
    stage.market.send("transferFrom", second.address, first.address, lease, sender=second)
    assert wellhead.json("lease", "offers")["offers"] == []
    assert wellhead.json("lease", "show", lease)["listing"] is None
    wellhead.json("lease", "sell", lease, "--price", 90, "--yes")
    (offer,) = wellhead.json("lease", "offers")["offers"]
    assert offer["listing"]["price"] == "90000000"


def test_offers_that_are_refused(wellhead: Command, stage: Stage, lease: int) -> None:
    before = block_number(stage)
    for words, said in (
        ([9, "--price", 1], "There is no lease 9."),
        ([lease, "--price", 1, "--account", BUYER], "by its owner only, not by"),
        ([lease, "--price", 1, "--to-price", 2], "The price can not rise, from $1.00 to $2.00."),
        ([lease, "--price", 1, "--opens", "now+5", "--closes", "now+5"], "can not close at"),
        ([lease, "--price", 1, "--opens", "now-9", "--closes", "now-5"], "which is over"),
    ):
        assert said in wellhead.refused(1, "lease", "sell", *words, "--yes")
        assert said in wellhead.refused(1, "lease", "sell", *words, "--dry-run")
    assert block_number(stage) == before
    stage.to_hour(NOW + 34)
    assert "is over since" in wellhead.refused(1, "lease", "sell", lease, "--price", 1, "--yes")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["sell", 1], "give --price, or --withdraw"),
        (["sell", 1, "--price", 1, "--withdraw"], "--withdraw goes alone"),
        (["sell", 1, "--price", 1, "--days", 1, "--closes", "now+1"], "--closes or --days"),
        (["sell", 1, "--price", 10**23], "is too large"),
        (["sell", 1, "--price", 1, "--opens", "soon"], "is no time"),
        (["split", 1], "give --units or --at"),
        (["split", 1, "--units", 1, "--at", "now"], "give --units or --at"),
        (["user", 1], "name an ACCOUNT, or --none"),
        (["user", 1, 9, "--none"], "name an ACCOUNT, or --none"),
        (["user", 1, "--none", "--until", "now"], "--until is for an ACCOUNT"),
        (["suspend", 1], "give one of --notice, --evidence, --execute and --lift"),
        (["suspend", 1, "--lift", "--execute"], "give one of"),
        (["transfer", 1, "nobody"], "is no address"),
        (["extend", 1], "Missing option '--hours'"),
        (["extend", 1, "--hours", 1, "--pay", "gold"], "'gold' is not one of"),
    ],
)
def test_wrong_usage(wellhead: Command, words: list[object], said: str) -> None:
    outcome = wellhead("lease", *words, "--yes")
    assert (outcome.code, outcome.stdout) == (2, "")
    assert said in " ".join(outcome.stderr.split())
