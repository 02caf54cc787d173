"""contest open, show, recount and close on a chain; and what others say of contested hours."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.cli import Command, block_number, purse
from tests.support.stage import EVIDENCE, FINALITY, GENESIS, HOUR, USD, Stage
from wellhead.chain import dev_account
from wellhead.chain.signing import quorum, recount_digest
from wellhead.model.samples import Sample

NOW = GENESIS // HOUR
DAY = 24 * HOUR
DEPOSIT = 100 * USD
TENANT, OTHER = 5, 6


@pytest.fixture
def cluster(stage: Stage) -> int:
    """64 units, 16 of them leased for the hours NOW + 1 to NOW + 4, all reported as served."""
    cluster = stage.cluster(64)
    stage.lease(cluster, 16, NOW + 1, 4)
    stage.to_hour(NOW + 5, 60)
    stage.report_hours(cluster, NOW + 1, NOW + 5)
    return cluster


def who(index: int) -> str:
    return dev_account(index).address


def contest(wellhead: Command, hour: int) -> None:
    wellhead.json("contest", "open", "--lease", 1, "--hour", hour, "--yes")


def record(stage: Stage, cluster: int, hour: int) -> tuple[int, bool, bool]:
    found = stage.oracle.call("recordOf", cluster, hour)
    return found["available"], found["isContested"], found["isFinal"]


def test_an_hour_is_contested(wellhead: Command, stage: Stage, cluster: int) -> None:
    words = ["contest", "open", "--lease", 1, "--hour", NOW + 2]
    coins, before = purse(stage, stage.tenants[0])[0], block_number(stage)
    until = stage.now() + FINALITY
    dry = wellhead.json(*words, "--dry-run")
    assert (dry["deposit"], dry["contestable_until"]) == (str(DEPOSIT), str(until))
    assert int(dry["closable_from"]) == stage.now() + 7 * DAY
    assert (dry["record"]["available"], dry["record"]["booked"]) == ("16000", "16")
    assert dry["record"]["covered"] == str(16 * HOUR)
    assert (dry["record"]["contested"], dry["transaction"]) == (False, None)
    asked = wellhead(*words, answer="n\n")
    assert (asked.code, block_number(stage)) == (2, before)
    assert (
        "Contest that 16 of 16 booked units were available in 2026-01-01 02:00 UTC of cluster 1, "
        "with a deposit of $100.00, paid from"
    ) in asked.stderr
    done = wellhead.json(*words, "--yes")
    assert (done["tenant"], done["payment"]["from_coins"]) == (who(TENANT), str(DEPOSIT))
    assert (done["record"]["contested"], done["cluster"]) == (True, "1")
    assert int(done["closable_from"]) == stage.now() + 7 * DAY
    assert record(stage, cluster, NOW + 2) == (16_000, True, False)
    assert purse(stage, stage.tenants[0])[0] == coins - DEPOSIT
    found = stage.deployment.contests.call("contestOf", cluster, NOW + 2)
    assert (found["tenant"], found["deposit"]) == (who(TENANT), DEPOSIT)


def test_what_was_available_is_shown_beside_what_was_booked_on_average(
    wellhead: Command, stage: Stage, cluster: int
) -> None:
    """Of 16 units and 8 more for half of the hour 20 are booked on average."""
    hour = stage.hour() + 1
    lease = stage.lease(cluster, 16, hour, 1)
    stage.anvil.next_block_at(hour * HOUR + HOUR // 2)
    stage.lease(cluster, 8, hour, 1, stage.tenants[1])
    stage.to_hour(hour + 1, 60)
    stage.report([Sample(cluster, hour, 64_000, 18_500)])
    words = ["contest", "open", "--lease", lease, "--hour", hour]
    dry = wellhead.json(*words, "--dry-run")["record"]
    assert (dry["booked"], dry["covered"]) == ("24", str(20 * HOUR))
    assert "18.5 of 20 booked units available" in wellhead(*words, "--dry-run").stdout
    show = ("contest", "show", "--cluster", cluster, "--hour", hour)
    assert "18.5 of 20 booked units available" in wellhead(*show).stdout


def test_a_deposit_is_paid_out_of_the_claim_first_and_by_a_permit(
    wellhead: Command, stage: Stage, cluster: int
) -> None:
    tenant = stage.tenants[0]
    cash, vault = stage.cash, stage.vault
    vault.send("deposit", cash.address, tenant.address, 30 * USD, sender=tenant)
    cash.send("approve", vault.address, 0, sender=tenant)
    before = block_number(stage)
    words = ["contest", "open", "--lease", 1, "--hour", NOW + 2]
    done = wellhead.json(*words, "--yes")
    assert done["payment"] == {
        "way": "permit",
        "from_claim": str(30 * USD),
        "from_coins": str(70 * USD),
        "approved": "0",
    }
    assert (block_number(stage), stage.claim_of(tenant)) == (before + 1, 0)
    other = wellhead.json("contest", "open", "--lease", 1, "--hour", NOW + 3, "--yes",
                          "--pay", "authorization")  # fmt: skip
    assert other["payment"]["way"] == "authorization"
    assert stage.claim_of(stage.deployment.contests) == 2 * DEPOSIT


def test_a_recount_that_finds_less_gives_the_deposit_back(
    wellhead: Command, stage: Stage, cluster: int
) -> None:
    contest(wellhead, NOW + 2)
    words = ["contest", "recount", "--cluster", cluster, "--hour", NOW + 2, "--working", 12]
    before = block_number(stage)
    dry = wellhead.json(*words, "--dry-run")
    assert (dry["contest"]["state"], dry["deposit_to"], dry["needed"]) == ("upheld", "tenant", "4")
    asked = wellhead(*words, answer="n\n")
    assert (asked.code, block_number(stage)) == (2, before)
    assert "Put 12 available units on record for 2026-01-01 02:00 UTC of cluster 1, where 16" in (
        asked.stderr
    )
    assert f"The deposit of $100.00 goes back to {who(TENANT)}." in asked.stderr
    done = wellhead.json(*words, "--evidence", "0x" + EVIDENCE.hex(), "--yes")
    assert (done["contest"]["state"], done["deposit_to"]) == ("upheld", "tenant")
    assert (done["sample"]["available"], done["contest"]["available"]) == ("12000", "16000")
    assert done["contest"]["evidence"] == "0x" + EVIDENCE.hex()
    assert int(done["contest"]["signers"]).bit_count() == 4
    assert record(stage, cluster, NOW + 2) == (12_000, False, True)
    assert stage.claim_of(stage.tenants[0]) == DEPOSIT
    # The books find the recount, not what was reported first.
    stage.finalize()
    settled = wellhead.json("settle", "--cluster", cluster, "--yes")
    assert int(settled["refunded"]) > 0
    (books,) = wellhead.json("revenue", "show")["clusters"]
    assert int(books["outage_refund"]) > 0


def test_a_recount_that_does_not_is_the_reporters_gain(
    wellhead: Command, stage: Stage, cluster: int
) -> None:
    contest(wellhead, NOW + 2)
    # 0.5 % less than reported is within the tolerance.
    words = ["contest", "recount", "--cluster", cluster, "--hour", "now-3", "--working", 64]
    done = wellhead.json(*words, "--available", 15.92, "--yes")
    assert (done["contest"]["state"], done["deposit_to"]) == ("rejected", "reporters")
    assert stage.claim_of(stage.oracle) == DEPOSIT
    shown = wellhead("contest", "show", "--cluster", cluster, "--hour", NOW + 2).stdout
    assert "rejected: not clearly less was found than reported" in shown
    assert "$100.00, the reporters'" in shown
    assert "15.92 available, final" in shown


def test_contests_are_shown(wellhead: Command, stage: Stage, cluster: int) -> None:
    show = ["contest", "show", "--cluster", cluster]
    none = wellhead.json(*show)
    assert (none["contests"], none["deposit"], none["record"]) == ([], str(DEPOSIT), None)
    assert "no hour of cluster 1 was contested" in wellhead(*show).stderr
    until = stage.now() + FINALITY
    fresh = wellhead.json(*show, "--hour", NOW + 2)
    assert (fresh["contestable_until"], fresh["hour"]) == (str(until), str(NOW + 2))
    assert (fresh["record"]["available"], fresh["contests"]) == ("16000", [])
    said = wellhead(*show, "--hour", NOW + 2).stdout
    assert "not contested; can be until 2026-01-02 05:01" in said
    assert "not reported" in wellhead(*show, "--hour", NOW + 5).stdout
    for hour in (NOW + 1, NOW + 2, NOW + 3):
        contest(wellhead, hour)
    recount = ["contest", "recount", "--cluster", cluster, "--yes"]
    wellhead.json(*recount, "--hour", NOW + 1, "--working", 8)
    wellhead.json(*recount, "--hour", NOW + 2, "--working", 64)
    found = wellhead.json(*show)["contests"]
    assert [one["state"] for one in found] == ["upheld", "rejected", "open"]
    assert [one["decided"] and one["decided"]["available"] for one in found] == [
        "8000",
        "16000",
        None,
    ]
    assert [one["closable_from"] is None for one in found] == [True, True, False]
    people = " ".join(wellhead(*show).stdout.split())
    assert "2026-01-01 01:00 UTC 1 $100.00 16 8 upheld" in people
    assert "2026-01-01 03:00 UTC 1 $100.00 16 - open" in people
    one = wellhead.json(*show, "--hour", NOW + 3)
    assert (one["record"]["contested"], one["contestable_until"]) == (True, None)
    assert one["contests"] == [found[2]]
    assert "can be closed as zero from 2026-01-08" in wellhead(*show, "--hour", NOW + 3).stdout
    stage.finalize()
    assert "not contested, and final" in wellhead(*show, "--hour", NOW + 4).stdout
    assert wellhead.json(*show, "--hour", NOW + 4)["contestable_until"] is None


def test_others_say_that_an_hour_is_contested(
    wellhead: Command, stage: Stage, cluster: int
) -> None:
    contest(wellhead, NOW + 2)
    assert wellhead.json("status")["contested"] == [{"cluster": "1", "hour": str(NOW + 2)}]
    assert "1 hour to be counted again: 2026-01-01 02:00 UTC" in wellhead("status").stdout
    assert wellhead.json("cluster", "show", cluster)["contested"] == [str(NOW + 2)]
    said = " ".join(wellhead("cluster", "show", cluster).stdout.split())
    assert "contested 1 hour: nothing from 2026-01-01 02:00 UTC on is paid before" in said
    findings = wellhead.json("doctor")["findings"]
    (waiting,) = (f for f in findings if "is contested" in f["message"])
    assert (waiting["state"], waiting["advice"]) == (
        "note",
        f"`wellhead contest show --cluster 1 --hour {NOW + 2}`",
    )
    stage.skip(7 * DAY)
    findings = wellhead.json("doctor", code=6)["findings"]
    (waiting,) = (f for f in findings if "no recount came" in f["message"])
    assert (waiting["state"], waiting["advice"]) == (
        "wrong",
        f"`wellhead contest close --cluster 1 --hour {NOW + 2}`",
    )


def test_a_contest_without_a_recount_is_closed(
    wellhead: Command, stage: Stage, cluster: int
) -> None:
    contest(wellhead, NOW + 2)
    words = ["contest", "close", "--cluster", cluster, "--hour", NOW + 2]
    said = wellhead.refused(1, *words, "--yes")
    assert said == (
        "The hour 2026-01-01 02:00 UTC of cluster 1 can still be counted again: without a recount "
        "it can be closed as zero in 7 days."
    )
    assert wellhead.refused(1, *words, "--dry-run") == said
    stage.skip(7 * DAY)
    show = ["contest", "show", "--cluster", cluster, "--hour", NOW + 2]
    assert wellhead.json(*show)["contests"][0]["state"] == "closable"
    assert "anybody can close it as zero" in wellhead(*show).stdout
    before = block_number(stage)
    dry = wellhead.json(*words, "--dry-run")
    assert (dry["contest"]["state"], dry["transaction"]) == ("undecided", None)
    asked = wellhead(*words, answer="n\n")
    assert (asked.code, block_number(stage)) == (2, before)
    assert "as zero, and give the deposit of $100.00 back to" in asked.stderr
    done = wellhead.json(*words, "--yes")
    assert (done["contest"]["state"], done["contest"]["evidence"]) == ("undecided", None)
    assert done["contest"]["decided"]["available"] == "0"
    assert record(stage, cluster, NOW + 2) == (0, False, True)
    assert stage.claim_of(stage.tenants[0]) == DEPOSIT
    assert "no recount came, the hour counts as zero" in wellhead(*show).stdout
    assert "is not contested" in wellhead.refused(1, *words, "--yes")
    # All of the hour goes back, and the books know why.
    wellhead.json("settle", "--cluster", cluster, "--yes")
    assert wellhead.json("revenue", "show")["clusters"][0]["outage_refund"] != "0"


def test_while_paused_nobody_knows_when(wellhead: Command, stage: Stage, cluster: int) -> None:
    contest(wellhead, NOW + 2)
    stage.registry.send("pause", sender=stage.guardian)
    found = wellhead.json("contest", "show", "--cluster", cluster, "--hour", NOW + 2)
    assert found["contests"][0]["closable_from"] is None
    shown = wellhead("contest", "show", "--cluster", cluster, "--hour", NOW + 3).stdout
    assert "not contested; can be while paused, and some time after it" in shown
    shown = wellhead("contest", "show", "--cluster", cluster, "--hour", NOW + 2).stdout
    assert "can be closed as zero some time after the pause" in shown


def test_contests_that_are_refused(wellhead: Command, stage: Stage, cluster: int) -> None:
    stage.to_hour(NOW + 6, 60)
    before = block_number(stage)
    for words, said in (
        ([9, "--hour", NOW + 2], "There is no lease 9."),
        ([1, "--hour", NOW + 5], "it goes from 2026-01-01 01:00 UTC to 2026-01-01 05:00 UTC."),
        ([1, "--hour", NOW + 2, "--account", OTHER], "Only the owner of lease 1 can contest its"),
    ):
        assert said in wellhead.refused(1, "contest", "open", "--lease", *words, "--yes")
        assert said in wellhead.refused(1, "contest", "open", "--lease", *words, "--dry-run")
    assert block_number(stage) == before
    later = stage.lease(cluster, 2, NOW + 7, 4, tenant=stage.tenants[1])
    unreported = ["contest", "open", "--lease", later, "--hour", NOW + 8, "--account", OTHER]
    assert "has no report that could be contested" in wellhead.refused(1, *unreported, "--yes")
    contest(wellhead, NOW + 2)
    again = ["contest", "open", "--lease", 1, "--hour", NOW + 2, "--yes"]
    assert "is contested already" in wellhead.refused(1, *again)
    stage.finalize()
    late = ["contest", "open", "--lease", 1, "--hour", NOW + 3, "--yes"]
    assert "can not be contested any more: it has been final for" in wellhead.refused(1, *late)
    ways: list[list[object]] = [["recount", "--working", 1], ["close"]]
    for words in ways:
        place = ["--cluster", cluster, "--hour", NOW + 4]
        said = wellhead.refused(1, "contest", *words, *place, "--yes")
        assert said == "The hour 2026-01-01 04:00 UTC of cluster 1 is not contested."
        there = ["--cluster", 9, "--hour", NOW + 4]
        assert "There is no cluster 9." in wellhead.refused(1, "contest", *words, *there, "--yes")
    assert "There is no cluster 9." in wellhead.refused(1, "contest", "show", "--cluster", 9)


def test_a_tenant_who_can_not_pay(wellhead: Command, stage: Stage, cluster: int) -> None:
    tenant = stage.tenants[0]
    rest = purse(stage, tenant)[0] - 5 * USD
    stage.cash.send("transfer", stage.stranger.address, rest, sender=tenant)
    words = ["contest", "open", "--lease", 1, "--hour", NOW + 2, "--yes"]
    said = wellhead.refused(1, *words)
    assert said == f"{who(TENANT)} has $5.00, and $100.00 is needed."
    assert not record(stage, cluster, NOW + 2)[1]


def test_a_recount_signed_elsewhere(
    wellhead: Command, stage: Stage, cluster: int, tmp_path: Path
) -> None:
    contest(wellhead, NOW + 2)
    sample = Sample(cluster, NOW + 2, 64_000, 10_000, 150_000, 5, 9)
    contests = stage.deployment.contests.address
    digest = recount_digest(31337, contests, sample.encode(), EVIDENCE)
    path = tmp_path / "recount.json"
    words = ["contest", "recount", "--file", path, "--yes"]

    def write(*signers: int, word: bool = False, evidence: bytes = EVIDENCE) -> None:
        fields = {
            "cluster": cluster,
            "hour": NOW + 2,
            "working": 64,
            "available": "10",
            "measured": "15%",
            "energy": 5,
            "work": 9,
        }
        signatures = quorum(digest, [dev_account(index) for index in signers])
        body = {
            "sample": f"0x{sample.encode():064x}" if word else fields,
            "evidence": "0x" + evidence.hex(),
            "signatures": ["0x" + (r + vs).hex() for r, vs in reversed(signatures)],
        }
        path.write_text(json.dumps(body))

    write(20, 21, 22)
    assert "Exactly 4 signatures are needed, 3 were given." in wellhead.refused(1, *words)
    write(20, 21, 22, 30)
    assert f"{who(30)}, who is no reporter" in wellhead.refused(1, *words)
    write(20, 21, 22, 23, evidence=bytes(32))
    assert "or was made for other contents" in wellhead.refused(1, *words)
    write(20, 21, 22, 24, word=True)
    dry = wellhead.json("contest", "recount", "--file", path, "--dry-run")
    assert (dry["digest"], dry["contest"]["state"]) == ("0x" + digest.hex(), "upheld")
    write(20, 21, 22, 24)
    done = wellhead.json(*words)
    assert (done["sample"], done["digest"]) == (dry["sample"], dry["digest"])
    assert (done["sample"]["energy"], done["sample"]["work"]) == ("5", "9")
    assert record(stage, cluster, NOW + 2) == (10_000, False, True)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("[]", "not an object of names and values"),
        ("{}", "sample is missing"),
        ('{"sample": "0x12"}', "'0x12' is no 32-byte word"),
        ('{"sample": {"cluster": 1}}', "sample: hour is missing"),
        ('{"sample": "0x' + "00" * 32 + '"}', "evidence is missing"),
        (
            '{"sample": "0x' + "00" * 32 + '", "evidence": "0x' + "00" * 32 + '", "signatures": 1}',
            "object with a list of signatures",
        ),
    ],
)
def test_a_malformed_recount_file_is_exit_code_5(
    wellhead: Command, tmp_path: Path, body: str, said: str
) -> None:
    path = tmp_path / "recount.json"
    path.write_text(body)
    assert said in wellhead.refused(5, "contest", "recount", "--file", path, "--yes")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["recount", "--cluster", 1], "give --cluster, --hour and --working, or --file FILE"),
        (["recount", "--file", "a", "--cluster", 1], "by options or by --file, not both"),
        (["open", "--lease", 1], "Missing option '--hour'"),
        (["open", "--lease", 1, "--hour", "soon"], "is no time"),
        (["close", "--hour", 1], "Missing option '--cluster'"),
    ],
)
def test_wrong_usage(wellhead: Command, words: list[object], said: str) -> None:
    outcome = wellhead("contest", *words, "--yes")
    assert (outcome.code, said in " ".join(outcome.stderr.split())) == (2, True)


def test_a_recount_contradicts_itself(wellhead: Command, stage: Stage, cluster: int) -> None:
    contest(wellhead, NOW + 2)
    words = ["contest", "recount", "--cluster", cluster, "--hour", NOW + 2, "--working", 8]
    said = wellhead.refused(1, *words, "--available", 9, "--yes")
    assert "contradicts itself: at most what worked was available" in said
    assert record(stage, cluster, NOW + 2)[1]


def test_a_deployment_with_another_deposit(wellhead: Command, stage: Stage) -> None:
    before = block_number(stage)
    deploy = ["deploy", "--again"]
    said = wellhead.refused(1, *deploy, "--contest-deposit", 0, "--yes")
    assert said.startswith("A deposit of $0.00 is not possible")
    assert block_number(stage) == before
    assert "$12.50" in wellhead(*deploy, "--contest-deposit", 12.5, "--dry-run").stdout
    wellhead.json(*deploy, "--contest-deposit", 12.5, "--yes")
    wellhead.json("register", "--yes")
    assert wellhead.json("contest", "show", "--cluster", 1)["deposit"] == "12500000"
