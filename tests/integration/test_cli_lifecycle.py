"""lease extend, cancel, split, transfer and user on a chain, and what they refuse."""

from __future__ import annotations

import pytest

from tests.support.cli import Command, block_number
from tests.support.stage import GENESIS, HOUR, Stage, Terms
from wellhead.chain import dev_account

NOW = GENESIS // HOUR
ME, OTHER = 5, 6


@pytest.fixture
def lease(stage: Stage) -> int:
    """16 units for 24 hours from the next hour on, dev account 5's."""
    return stage.lease(stage.cluster(64), 16, NOW + 1, 24)


def lease_of(stage: Stage, number: int) -> tuple[int, int, int]:
    state = stage.market.call("leaseOf", number)
    return state["units"], state["start"], state["end"]


# extend


def test_extend(wellhead: Command, stage: Stage, lease: int) -> None:
    before = block_number(stage)
    priced = stage.market.call("quoteExtension", lease, 12)
    dry = wellhead.json("lease", "extend", lease, "--hours", 12, "--dry-run")
    assert dry["schema"] == "wellhead.lease.extend/1"
    assert (dry["lease"], int(dry["cost"]), dry["needs_approval"]) == ("1", priced["cost"], False)
    asked = wellhead("lease", "extend", lease, "--hours", 12, answer="n\n")
    assert (asked.code, block_number(stage)) == (2, before)
    assert "Extend lease 1 by 12 hours to 2026-01-02 13:00 UTC for $" in asked.stderr
    assert "by the allowance that the vault has?" in asked.stderr
    done = wellhead.json("lease", "extend", lease, "--hours", 12, "--yes")
    assert (done["start"], done["end"], done["hours"]) == (str(NOW + 25), str(NOW + 37), "12")
    assert (int(done["cost"]), int(done["rate"])) == (priced["cost"], priced["rate"])
    assert done["first_seconds"] == "3600"
    assert lease_of(stage, lease) == (16, NOW + 1, NOW + 37)
    shown = wellhead.json("lease", "show", lease)
    opened = stage.market.events("LeaseOpened")[0]["cost"]
    assert int(shown["cost"]) == opened + priced["cost"]
    assert [part["end"] for part in shown["parts"]] == [str(NOW + 25), str(NOW + 37)]
    said = wellhead("lease", "show", lease).stdout
    assert "part 2" in said
    assert "2026-01-02 13:00 UTC (12 hours)" in said


def test_extensions_that_are_refused(wellhead: Command, stage: Stage, lease: int) -> None:
    before = block_number(stage)

    def refused(*more: object) -> str:
        said = wellhead.refused(1, "lease", "extend", *more, "--yes")
        assert wellhead.refused(1, "lease", "extend", *more, "--dry-run") == said
        return said

    assert "There is no lease 9." in refused(9, "--hours", 1)
    assert "A lease of 0 hours is not possible" in refused(lease, "--hours", 0)
    said = refused(lease, "--hours", 1, "--account", OTHER)
    assert f"Only the owner of lease 1, or whom the owner approved, may do this, not {who(6)}" in (
        said
    )
    assert "more than the limit of $0.01" in refused(lease, "--hours", 1, "--max-cost", "0.01")
    assert block_number(stage) == before
    stage.to_hour(NOW + 25)
    assert refused(lease, "--hours", 1) == "Lease 1 is over since 2026-01-02 01:00 UTC."


def who(index: int) -> str:
    return dev_account(index).address


# cancel


def test_cancel_as_a_whole(wellhead: Command, stage: Stage, lease: int) -> None:
    before, held = block_number(stage), stage.claim_of(stage.tenants[0])
    preview = stage.market.call("cancel", lease, NOW + 1, 0, sender=who(ME))
    cost = stage.market.events("LeaseOpened")[0]["cost"]
    dry = wellhead.json("lease", "cancel", lease, "--dry-run")
    assert (dry["burnt"], dry["from"], dry["end"]) == (True, str(NOW + 1), str(NOW + 25))
    assert (int(dry["paid"]), int(dry["refund"])) == (cost, preview)
    assert int(dry["min_refund"]) == preview * 99 // 100
    assert (dry["earned"], dry["transaction"]) == (None, None)
    asked = wellhead("lease", "cancel", lease, answer="n\n")
    assert (asked.code, block_number(stage)) == (2, before)
    assert "Cancel all of lease 1, for which $" in asked.stderr
    done = wellhead.json("lease", "cancel", lease, "--yes")
    event = stage.market.events("LeaseCancelled")[0]
    assert (int(done["refund"]), int(done["earned"])) == (event["refund"], event["earned"])
    assert 0 < int(done["refund"]) < cost
    assert stage.claim_of(stage.tenants[0]) == held + int(done["refund"])
    assert "There is no lease 1." in wellhead.refused(1, "lease", "show", lease)
    assert wellhead.json("lease", "list")["leases"] == []


def test_cancel_the_hours_to_come(wellhead: Command, stage: Stage, lease: int) -> None:
    stage.to_hour(NOW + 5, 1800)
    done = wellhead("lease", "cancel", lease, "--yes")
    assert "Hours cancelled" in done.stdout
    assert "up to 2026-01-01 06:00 UTC" in done.stdout
    assert lease_of(stage, lease) == (16, NOW + 1, NOW + 6)
    shown = wellhead.json("lease", "show", lease)
    assert [part["cut"] for part in shown["parts"]] == [True]
    assert "cut from a longer booking" in wellhead("lease", "show", lease).stdout


def test_cancel_from_an_hour(wellhead: Command, stage: Stage, lease: int) -> None:
    document = wellhead.json("lease", "cancel", lease, "--from", "now+13", "--yes")
    assert (document["from"], document["hours"], document["burnt"]) == (str(NOW + 13), "12", False)
    assert lease_of(stage, lease) == (16, NOW + 1, NOW + 13)
    said = wellhead.refused(1, "lease", "cancel", lease, "--from", "now+3", "--yes")
    assert "was cut, and holds a discount that was meant for more hours" in said


def test_cancellations_that_are_refused(wellhead: Command, stage: Stage, lease: int) -> None:
    before = block_number(stage)

    def refused(*more: object) -> str:
        said = wellhead.refused(1, "lease", "cancel", *more, "--yes")
        assert wellhead.refused(1, "lease", "cancel", *more, "--dry-run") == said
        return said

    assert "There is no lease 9." in refused(9)
    assert "Only the owner of lease 1" in refused(lease, "--account", OTHER)
    said = refused(lease, "--from", "now")
    assert "hours from 2026-01-01 01:00 UTC to 2026-01-02 00:00 UTC are." in said
    assert "is not possible" in refused(lease, "--from", "now+25")
    said = refused(lease, "--min-refund", 1000)
    assert "Cancelling gives $" in said
    assert "less than the limit of $1,000.00" in said
    assert block_number(stage) == before
    stage.to_hour(NOW + 25)
    assert "Nothing of it can be cut any more" in refused(lease)


# split


def test_split_by_units(wellhead: Command, stage: Stage, lease: int) -> None:
    dry = wellhead.json("lease", "split", lease, "--units", 6, "--dry-run")
    assert (dry["new"]["lease"], dry["kept"]["units"], dry["transaction"]) == ("2", "10", None)
    asked = wellhead("lease", "split", lease, "--units", 6, answer="n\n")
    assert "Make 6 units of lease 1 a lease of their own?" in asked.stderr
    done = wellhead.json("lease", "split", lease, "--units", 6, "--yes")
    assert (done["by"], done["new"]["lease"]) == ("units", "2")
    assert lease_of(stage, 1) == (10, NOW + 1, NOW + 25)
    assert lease_of(stage, 2) == (6, NOW + 1, NOW + 25)
    first, second = wellhead.json("lease", "list", "--account", ME)["leases"]
    assert (first["split_from"], second["split_from"]) == (None, "1")
    assert first["tenant"] == second["tenant"] == second["owner"] == who(ME)
    cost = stage.market.events("LeaseOpened")[0]["cost"]
    assert cost <= int(first["cost"]) + int(second["cost"]) <= cost + 1
    assert "split from lease 1" in " ".join(wellhead("lease", "show", 2).stdout.split())


def test_split_by_hours(wellhead: Command, stage: Stage, lease: int) -> None:
    wellhead.json("lease", "extend", lease, "--hours", 6, "--yes")
    done = wellhead.json("lease", "split", lease, "--at", "now+11", "--yes")
    assert (done["by"], done["kept"]["end"], done["new"]["start"]) == (
        "hours",
        str(NOW + 11),
        str(NOW + 11),
    )
    assert lease_of(stage, 2) == (16, NOW + 11, NOW + 31)
    parts = wellhead.json("lease", "show", 2)["parts"]
    assert [(part["start"], part["cut"]) for part in parts] == [
        (str(NOW + 11), True),
        (str(NOW + 25), False),
    ]
    # What was split from it belongs to the same lease in the end.
    wellhead.json("lease", "split", 2, "--units", 1, "--yes")
    third = wellhead.json("lease", "show", 3)
    assert (third["split_from"], third["tenant"]) == ("2", who(ME))


def test_splits_that_are_refused(wellhead: Command, stage: Stage, lease: int) -> None:
    single = stage.lease(1, 1, NOW + 1, 24)
    before = block_number(stage)
    for words, said in (
        ([9, "--units", 1], "There is no lease 9."),
        ([lease, "--units", 0], "0 units can not be split off: between 1 and 15 can."),
        ([lease, "--units", 16], "16 units can not be split off: between 1 and 15 can."),
        ([single, "--units", 1], "A lease of a single unit can not be split by units."),
        ([lease, "--at", "now+1"], "is not possible: hours from 2026-01-01 02:00 UTC"),
        ([lease, "--at", "now+25"], "is not possible: hours from 2026-01-01 02:00 UTC"),
        ([lease, "--units", 1, "--account", OTHER], "Only the owner of lease 1"),
    ):
        assert said in wellhead.refused(1, "lease", "split", *words, "--yes")
        assert said in wellhead.refused(1, "lease", "split", *words, "--dry-run")
    assert block_number(stage) == before


# transfer and user


def test_transfer(wellhead: Command, stage: Stage, lease: int) -> None:
    before = block_number(stage)
    dry = wellhead.json("lease", "transfer", lease, OTHER, "--dry-run")
    assert (dry["owner"], dry["to"], block_number(stage)) == (who(ME), who(OTHER), before)
    asked = wellhead("lease", "transfer", lease, who(OTHER), answer="n\n")
    assert f"Hand lease 1 of {who(ME)} over to {who(OTHER)}?" in asked.stderr
    wellhead.json("lease", "transfer", lease, who(OTHER), "--yes")
    assert stage.market.call("ownerOf", lease) == who(OTHER)
    for words, said in (
        ([lease, ME], "Only a lease's owner, or whom the owner approved, may do this."),
        ([lease, OTHER, "--account", OTHER], f"Lease 1 belongs to {who(OTHER)} already."),
        ([lease, "0x" + "00" * 20, "--account", OTHER], "can not be sent to the zero address"),
        ([lease, stage.vault.address, "--account", OTHER], "does not accept leases"),
        ([9, OTHER], "There is no lease 9."),
    ):
        assert said in wellhead.refused(1, "lease", "transfer", *words, "--yes")


def test_a_transfer_settles_to_the_former_owner(
    wellhead: Command, stage: Stage, lease: int
) -> None:
    stage.to_hour(NOW + 3)
    stage.report_hours(1, NOW + 1, NOW + 3, 0)
    stage.finalize()
    document = wellhead.json("lease", "transfer", lease, OTHER, "--yes")
    assert int(document["settled"]) == stage.claim_of(stage.tenants[0]) > 0
    assert stage.claim_of(stage.tenants[1]) == 0


def test_user(wellhead: Command, stage: Stage, lease: int) -> None:
    asked = wellhead("lease", "user", lease, 9, "--until", "now+3", answer="n\n")
    assert f"Leave the use of lease 1 to {who(9)} until 2026-01-01 03:00" in asked.stderr
    done = wellhead.json("lease", "user", lease, 9, "--until", "2026-01-01T03:00Z", "--yes")
    assert (done["user"], done["expires"]) == (who(9), str((NOW + 3) * HOUR))
    assert stage.market.call("userOf", lease) == who(9)
    shown = wellhead.json("lease", "show", lease)
    assert (shown["user"], shown["user_expires"]) == (who(9), done["expires"])
    said = wellhead.refused(1, "lease", "user", lease, 10, "--yes")
    assert f"Lease 1 has a user until 2026-01-01 03:00 UTC, {who(9)}" in said
    assert "has a user until" in wellhead.refused(1, "lease", "cancel", lease, "--yes")
    # The user passes its use on, then the next one gives it up.
    wellhead.json("lease", "user", lease, 10, "--until", "now+1", "--account", 9, "--yes")
    wellhead.json("lease", "user", lease, "--none", "--account", 10, "--yes")
    assert wellhead.json("lease", "show", lease)["user"] is None
    done = wellhead.json("lease", "user", lease, 10, "--yes")
    assert done["expires"] == str((NOW + 25) * HOUR)


def test_users_that_are_refused(wellhead: Command, stage: Stage, lease: int) -> None:
    before = block_number(stage)
    for words, said in (
        ([lease, 9, "--until", "now-1"], "would be over since 2025-12-31 23:00"),
        ([lease, 9, "--until", "now+30"], "can stay until 2026-01-02 01:00 UTC at most"),
        ([lease, 9, "--account", OTHER], "Only the owner of lease 1"),
        ([9, 9], "There is no lease 9."),
    ):
        assert said in wellhead.refused(1, "lease", "user", *words, "--yes")
        assert said in wellhead.refused(1, "lease", "user", *words, "--dry-run")
    assert block_number(stage) == before


def test_terms_without_a_discount_let_cut_leases_be_cancelled(
    wellhead: Command, stage: Stage
) -> None:
    cluster = stage.cluster(64, Terms(discount=0, cancel_fee=0))
    lease = stage.lease(cluster, 16, NOW + 1, 24)
    wellhead.json("lease", "cancel", lease, "--from", "now+13", "--yes")
    done = wellhead.json("lease", "cancel", lease, "--yes")
    assert done["burnt"] is True
    assert int(done["paid"]) - 1 <= int(done["refund"]) <= int(done["paid"])
