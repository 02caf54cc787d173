"""Checking raw samples: one line, one number or one signature that is off is found and named."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.evidence import NOW, Market, found, keep_in, look_at, opened, with_more
from tests.support.rent import open_lease
from tests.support.shows import shows
from tests.support.stage import HOUR, Stage
from wellhead.chain import dev_account
from wellhead.oracle import wire
from wellhead.oracle.audit.stored import StoredEvidence
from wellhead.oracle.bookings import Bookings
from wellhead.oracle.measurements import Proposal, root_of, sign
from wellhead.oracle.readings import Heartbeat, HourSamples, Moment

Lines = list[str]


@pytest.fixture
def market(stage: Stage) -> Market:
    return opened(stage)


@pytest.fixture
def reported(market: Market) -> Market:
    return market.with_reports()


def other_value(line: str) -> str:
    body = json.loads(line)
    name = "devices" if body["kind"] == "moment" else "serial" if "serial" in body else "time_s"
    body[name] = body[name] + (1 if isinstance(body[name], int) else "x")
    return json.dumps(body, sort_keys=True, separators=(",", ":"))


CHANGES: dict[str, Callable[[Lines], Lines]] = {
    "a moment changed": lambda lines: [other_value(lines[0]), *lines[1:]],
    "a reading changed": lambda lines: [lines[0], other_value(lines[1]), *lines[2:]],
    "a device changed": lambda lines: [*lines[:-1], other_value(lines[-1])],
    "the first dropped": lambda lines: lines[1:],
    "the last dropped": lambda lines: lines[:-1],
    "one added": lambda lines: [*lines, '{"kind":"canary"}'],
    "a space added": lambda lines: [lines[0] + " ", *lines[1:]],
    "all dropped": lambda lines: [],
    "no ASCII": lambda lines: [*lines[:-1], "\N{SNOWMAN}"],
}


@shows("REP-11")
@pytest.mark.parametrize("name", CHANGES)
def test_lines_that_are_not_those_that_were_signed(reported: Market, name: str) -> None:
    key, reporter = reported.key(2), reported.address(3)
    lines = reported.shelf.raws[key][reporter].lines
    reported.shelf.change_raw(key, reporter, lines=CHANGES[name](lines))
    audit = reported.check()
    assert found(audit) == [("wrong", "root")]
    (finding,) = audit.findings
    assert (finding.begin, finding.end, finding.reporter) == (NOW + 2, NOW + 3, reporter)
    assert (audit.totals.raw, audit.totals.raw_missing) == (18, 0)


def test_the_order_of_lines_says_nothing(reported: Market) -> None:
    key, reporter = reported.key(2), reported.address(3)
    lines = reported.shelf.raws[key][reporter].lines
    reported.shelf.change_raw(key, reporter, lines=lines[::-1])
    assert reported.check().verdict == "sound"


def test_a_line_that_is_there_twice(reported: Market) -> None:
    """It has the same root."""
    key, reporter = reported.key(2), reported.address(3)
    lines = reported.shelf.raws[key][reporter].lines
    reported.shelf.change_raw(key, reporter, lines=[*lines, lines[3]])
    audit = reported.check()
    assert found(audit) == [("wrong", "lines")]
    assert audit.findings[0].detail == "the raw samples are not all different"


def test_units_booked_that_are_not_the_markets(reported: Market) -> None:
    reported.shelf.change_raw(reported.key(3), reported.address(0), booked=4)
    audit = reported.check()
    assert found(audit) == [("wrong", "booked")]
    assert audit.findings[0].detail == "booked 4 by the reporter, 2 by the market"


def test_a_measurement_with_other_units_booked(market: Market) -> None:
    """The reporter says so honestly; but it is not what the market says."""
    key = market.key(1)
    frame = replace(market.frame(key), bookings=Bookings(3), attested=5)
    signed = [market.measure(key, n) for n in (0, 1, 2)]
    wrong = market.measure(key, 3, look_at(key[1], 4, 3), frame)
    market.report(Proposal.of([*signed, wrong]))
    audit = market.check()
    checks = ["attested", "booked", "measurement"]
    assert found(audit) == [("wrong", check) for check in checks]
    assert {finding.reporter for finding in audit.findings} == {market.address(3)}
    said = audit.findings[2].detail
    assert said.startswith("signed and recomputed differ: available 3000 and 2000, measured ")


def with_late_unit(stage: Stage) -> Market:
    """The usual market, in whose hour 1 a third unit is booked from the half on."""
    market = Market(stage)
    market.first = stage.cluster(4)
    market.lease = stage.lease(market.first, 2, NOW + 1, 5)
    open_lease(stage, market.first, 1, NOW + 1, 2, at=(NOW + 1) * HOUR + HOUR // 2)
    stage.to_hour(NOW + 6, 60)
    return market


def test_units_booked_in_the_course_of_an_hour(stage: Stage, tmp_path: Path) -> None:
    """Three of four units work: two were booked, and then three. What a store tells is checked as
    what a reporter tells."""
    market = with_late_unit(stage)
    key = market.key(1)
    frame = market.frame(key)
    assert frame.bookings == Bookings(3, ((HOUR // 2, 1),))
    proposal = Proposal.of(
        market.measure(key, who, look_at(key[1], 4, who, down=1)) for who in range(5)
    )
    assert [sample.available for sample in proposal.samples] == [2500]
    market.report(proposal)
    audit = market.audit(market.first, NOW + 1, NOW + 2)
    assert (audit.verdict, audit.totals.raw) == ("sound", 5)
    stored = StoredEvidence(keep_in(tmp_path / "store", market, 2, proposal), market.domain)
    (raw,) = stored.raw(*key)
    assert raw == market.shelf.raws[key][market.address(2)]
    assert wire.RawSamples.model_validate_json(raw.model_dump_json()) == raw
    audit = market.audit(market.first, NOW + 1, NOW + 2, stored)
    assert (audit.totals.raw, audit.totals.raw_missing) == (1, 4)
    stored.close()


@shows("REP-11")
def test_units_that_count_from_another_second_on(stage: Stage) -> None:
    """By what is booked at the hour's end the third unit would count for all of it."""
    market = with_late_unit(stage)
    key = market.key(1)
    signed = [market.measure(key, who, look_at(key[1], 4, who, down=1)) for who in range(4)]
    frame = replace(market.frame(key), bookings=Bookings(3))
    wrong = market.measure(key, 4, look_at(key[1], 4, 4, down=1), frame)
    market.report(Proposal.of([*signed, wrong]))
    audit = market.audit(market.first, NOW + 1, NOW + 2)
    assert found(audit) == [("wrong", "booked"), ("wrong", "measurement")]
    assert {finding.reporter for finding in audit.findings} == {market.address(4)}
    assert [finding.detail for finding in audit.findings] == [
        "booked 3 by the reporter, 3 (1 of them from second 1800 on) by the market",
        "signed and recomputed differ: available 3000 and 2500",
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [("working", 3999), ("available", 1999), ("measured", 1), ("energy", 5), ("work", 6)],
)
def test_a_sample_that_its_raw_samples_do_not_come_to(
    market: Market, field: str, value: int
) -> None:
    key = market.key(1)
    signed = [market.measure(key, n) for n in range(5)]
    made, raw = signed[4].measurement, market.shelf.raws[key][signed[4].reporter]
    true = getattr(made.sample, field)
    lie = replace(made, sample=replace(made.sample, **{field: value}))
    liar = sign(market.domain, lie, market.reporters[4])
    market.shelf.change_raw(key, liar.reporter, measurement=wire.MeasurementBody.of(liar))
    market.report(Proposal.of([*signed[:4], liar]))
    audit = market.check()
    assert found(audit) == [("wrong", "measurement")]
    said = f"signed and recomputed differ: {field} {value} and {true}"
    assert (audit.findings[0].detail, audit.findings[0].reporter) == (said, liar.reporter)
    assert raw.lines == market.shelf.raws[key][liar.reporter].lines


@pytest.mark.parametrize("field", ["moments", "gap", "canaries", "heartbeats"])
def test_how_often_it_looked_and_what_came_from_outside(market: Market, field: str) -> None:
    key = market.key(1)
    signed = [market.measure(key, n) for n in range(5)]
    made = signed[2].measurement
    lie = replace(made, **{field: getattr(made, field) + 1})
    liar = sign(market.domain, lie, market.reporters[2])
    market.shelf.change_raw(key, liar.reporter, measurement=wire.MeasurementBody.of(liar))
    market.report(Proposal.of([*signed[:2], liar, *signed[3:]]))
    audit = market.check()
    assert found(audit) == [("wrong", "measurement")]
    assert f"differ: {field} " in audit.findings[0].detail


def sign_lines(market: Market, lines: Lines) -> Market:
    """Reporter 3 signs whatever these lines are, and what its true ones come to."""
    key = market.key(1)
    signed = [market.measure(key, n) for n in range(4)]
    made = replace(signed[3].measurement, root=root_of(line.encode() for line in lines))
    liar = sign(market.domain, made, market.reporters[3])
    body = wire.MeasurementBody.of(liar)
    market.shelf.change_raw(key, liar.reporter, measurement=body, lines=lines)
    market.report(Proposal.of([*signed[:3], liar]))
    return market


@pytest.mark.parametrize(
    "lines",
    [
        ["no JSON"],
        ["[1]"],
        ["{}"],
        ['{"kind":"moment"}'],
        [
            '{"devices":0,"kind":"moment","time_s":"soon"}',
            '{"devices":0,"kind":"moment","time_s":1}',
        ],
        ['{"kind":"heartbeat","lease_id":1}'],
        ["[" * 100_000],
        ['{"kind":"device","device":"GPU-0","serial":"","model":""}'],
        [],
    ],
    ids=["text", "list", "nothing", "half", "types", "fields", "deep", "order", "none"],
)
def test_signed_lines_that_are_no_raw_samples(market: Market, lines: Lines) -> None:
    audit = sign_lines(market, lines).check()
    assert found(audit) == [("wrong", "lines")]
    assert audit.findings[0].detail.startswith("the raw samples make no measurement: ")


def test_signed_lines_that_leave_out_what_they_must_say(market: Market) -> None:
    """A reading without its serial number reads like one with an empty one."""
    samples = look_at(NOW + 1, 4, 3)
    bare = [
        Moment(moment.time_s, tuple(replace(r, serial="") for r in moment.readings))
        for moment in samples.moments
    ]
    lines = [line.decode() for line in HourSamples(None, tuple(bare)).lines()]
    shorter = [line.replace('"serial":"",', "") if "reading" in line else line for line in lines]
    assert shorter != lines
    audit = sign_lines(market, shorter).check()
    assert found(audit) == [("wrong", "lines")]
    assert audit.findings[0].detail == "the raw samples are not in their canonical form"


def test_raw_samples_that_are_not_at_hand(reported: Market) -> None:
    for hour in (2, 3):
        del reported.shelf.raws[reported.key(hour)][reported.address(2)]
    audit = reported.check()
    assert (audit.verdict, found(audit)) == ("missing", [("missing", "raw")])
    (finding,) = audit.findings
    assert (finding.begin, finding.end) == (NOW + 2, NOW + 4)
    assert finding.reporter == reported.address(2)
    assert (audit.totals.measurements, audit.totals.raw, audit.totals.raw_missing) == (18, 16, 2)


def test_what_is_wrong_outweighs_what_is_missing(reported: Market) -> None:
    del reported.shelf.raws[reported.key(2)]
    reported.shelf.change_raw(reported.key(3), reported.address(0), booked=4)
    audit = reported.check()
    assert audit.verdict == "wrong"
    assert found(audit) == [("wrong", "booked"), *[("missing", "raw")] * 5]


def test_raw_samples_of_another_measurement(reported: Market) -> None:
    """The reporter signed two: one for the batch, one to show."""
    key = reported.key(4)
    second = reported.measure(key, 1, look_at(key[1], 4, 0))
    audit = reported.check()
    assert found(audit) == [("wrong", "equivocation"), ("missing", "raw")]
    assert {finding.reporter for finding in audit.findings} == {second.reporter}
    body = wire.MeasurementBody.of(replace(second, signature=bytes(64)))
    reported.shelf.change_raw(key, second.reporter, measurement=body)
    assert found(reported.check()) == [("wrong", "forged"), ("missing", "raw")]


def test_of_two_sources_the_right_raw_samples_count(reported: Market) -> None:
    key, reporter = reported.key(2), reported.address(3)
    raws = reported.shelf.raws[key]
    raws["again"] = raws[reporter]
    reported.shelf.change_raw(key, reporter, lines=["{}"])
    audit = reported.check()
    assert (audit.verdict, audit.totals.raw) == ("sound", 18)


# Heartbeats


def beat_with(market: Market, make: Callable[[Market], Heartbeat]) -> Market:
    hour = NOW + 2
    samples = with_more(look_at(hour, 4), heartbeats=[make(market)])
    signed = [market.measure(market.key(2), n, samples) for n in range(3)]
    market.report(Proposal.of(signed))
    return market


TENANT = dev_account(5)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (
            lambda m: m.heartbeat(m.lease, NOW + 2, TENANT, by=dev_account(6)),
            f"{TENANT.address} did not sign the heartbeat of lease 1",
        ),
        (
            lambda m: replace(m.heartbeat(m.lease, NOW + 2, TENANT), units=2),
            f"{TENANT.address} did not sign the heartbeat of lease 1",
        ),
        (
            lambda m: m.heartbeat(77, NOW + 2, TENANT),
            "there is no lease 77 that had a heartbeat",
        ),
        (
            lambda m: m.heartbeat(m.lease, NOW + 2, dev_account(6)),
            f"{dev_account(6).address}, who signed a heartbeat, never had lease 1",
        ),
        (
            lambda m: m.heartbeat(m.stage.lease(m.second, 1, m.stage.hour(), 2), NOW + 2, TENANT),
            "lease 2, which had a heartbeat, is of cluster 2",
        ),
    ],
    ids=["other key", "other units", "no lease", "other user", "other cluster"],
)
def test_heartbeats_that_are_none(
    market: Market, make: Callable[[Market], Heartbeat], said: str
) -> None:
    audit = beat_with(market, make).check()
    assert found(audit) == [("wrong", "heartbeat")] * 3
    assert {finding.detail for finding in audit.findings} == {said}


def test_a_heartbeat_of_another_hour_makes_no_measurement(market: Market) -> None:
    key = market.key(2)
    signed = [market.measure(key, n) for n in range(4)]
    early = market.heartbeat(market.lease, NOW + 1, TENANT)
    samples: HourSamples = with_more(look_at(key[1], 4, 3), heartbeats=[early])
    lines = [line.decode() for line in samples.lines()]
    made = replace(signed[3].measurement, root=root_of(samples.lines()), heartbeats=1)
    liar = sign(market.domain, made, market.reporters[3])
    body = wire.MeasurementBody.of(liar)
    market.shelf.change_raw(key, liar.reporter, measurement=body, lines=lines)
    market.report(Proposal.of([*signed[:3], liar]))
    assert found(market.check()) == [("wrong", "lines")]
