"""Where the evidence of a check comes from: reporters that are asked, store files that are read."""

from __future__ import annotations

import os
import sqlite3
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.evidence import NOW, Market, keep_in, look_at, opened
from tests.support.oracle_views import DOMAIN, measured
from tests.support.stage import Stage
from wellhead.actions.errors import BadInput, SetupError
from wellhead.chain import dev_account
from wellhead.oracle import wire
from wellhead.oracle.audit.evidence import TIMES, TIMES_UNREACHABLE, Joined, ReporterEvidence
from wellhead.oracle.audit.stored import StoredEvidence
from wellhead.oracle.client import ReporterClient
from wellhead.oracle.measurements import Domain, Proposal
from wellhead.oracle.reporter.store import Grant, Own, Store

Answer = Callable[[httpx.Request], httpx.Response]

BATCH = wire.Batch.of(Proposal.of([measured(0), measured(1)]))
RAW = wire.RawSamples(
    measurement=wire.MeasurementBody.of(measured(0)), booked=1, late=[], attested=2, lines=["{}"]
)
HEALTH = wire.Health(
    reporter=dev_account(20).address,
    chain_id=DOMAIN.chain_id,
    oracle=DOMAIN.oracle,
    ok=True,
    is_signer=True,
    chain_time_s=1,
    skew_s=0,
    clusters=[],
    problems=[],
)


def body(model: Any, status: int = 200) -> httpx.Response:
    return httpx.Response(status, content=model.model_dump_json())


def refusing(status: int, reason: Any) -> httpx.Response:
    return body(wire.Refused(reason=reason, detail=f"because of {reason}"), status)


class Reporter:
    """A reporter that answers what a test says, and counts what it is asked."""

    def __init__(self, **answers: Answer) -> None:
        self.answers = answers
        self.asked: list[str] = []
        self.warnings: list[str] = []
        self.pauses: list[float] = []
        client = ReporterClient(
            "http://reporter.example", dev_account(30), transport=httpx.MockTransport(self._answer)
        )
        self.evidence = ReporterEvidence(client, self.warnings.append, self.pauses.append)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        name = request.url.path.split("/")[1]
        self.asked.append(name)
        default: dict[str, Answer] = {"health": lambda _: body(HEALTH)}
        answers = {**default, **self.answers}
        return answers[name](request) if name in answers else refusing(404, "unknown")

    def batches(self) -> list[wire.Batch]:
        return list(self.evidence.batches(1, 1000, bytes(32)))

    def raw(self) -> list[wire.RawSamples]:
        return list(self.evidence.raw(1, 1000))


def test_the_batch_under_the_digest_and_else_the_first_of_the_hour() -> None:
    exact = Reporter(signed=lambda _: body(BATCH))
    assert exact.batches() == [BATCH]
    assert exact.asked == ["health", "signed"]
    first = Reporter(batches=lambda _: body(BATCH), samples=lambda _: body(RAW))
    assert first.batches() == [BATCH]
    assert first.asked == ["health", "signed", "batches"]
    assert first.raw() == [RAW]


def test_what_a_reporter_does_not_have_is_no_trouble() -> None:
    reporter = Reporter()
    assert (reporter.batches(), reporter.raw()) == ([], [])
    assert (reporter.warnings, reporter.pauses) == ([], [])
    joined = Joined([reporter.evidence, Reporter(samples=lambda _: body(RAW)).evidence])
    assert list(joined.raw(1, 1000)) == [RAW]
    assert list(joined.batches(1, 1000, bytes(32))) == []


def in_turn(*responses: httpx.Response) -> Answer:
    left = list(responses)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


def test_one_that_is_busy_is_asked_again() -> None:
    reporter = Reporter(samples=in_turn(refusing(429, "busy"), refusing(503, "unready"), body(RAW)))
    assert reporter.raw() == [RAW]
    assert len(reporter.pauses) == 2
    assert reporter.warnings == []


@pytest.mark.parametrize(
    ("answer", "times", "said"),
    [
        (refusing(429, "busy"), TIMES, "because of busy"),
        (refusing(401, "unsigned"), 1, "because of unsigned"),
        (httpx.Response(500, content=b"oh"), TIMES_UNREACHABLE, "status 500"),
        (httpx.Response(200, content=b"{}"), TIMES_UNREACHABLE, "its answer is no RawSamples"),
    ],
    ids=["busy", "unsigned", "broken", "nonsense"],
)
def test_one_that_never_answers_is_given_up(answer: httpx.Response, times: int, said: str) -> None:
    reporter = Reporter(samples=lambda _: answer, signed=lambda _: body(BATCH))
    assert reporter.raw() == []
    assert reporter.asked == ["health", *["samples"] * times]
    assert len(reporter.pauses) == times - 1
    (warning,) = reporter.warnings
    assert said in warning
    assert warning.endswith("what it holds is missing from here on")
    assert (reporter.batches(), reporter.raw()) == ([], [])
    assert len(reporter.asked) == times + 1


def test_one_that_is_not_there() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("connection refused", request=request)

    reporter = Reporter(health=refuse)
    reporter.evidence.require(DOMAIN)
    assert reporter.asked == ["health"] * TIMES_UNREACHABLE
    assert "no reporter answers at http://reporter.example" in reporter.warnings[0]


@pytest.mark.parametrize(
    "domain",
    [
        Domain(1, DOMAIN.oracle, DOMAIN.contests),
        Domain(DOMAIN.chain_id, "0x" + "33" * 20, DOMAIN.contests),
    ],
    ids=["chain", "oracle"],
)
def test_one_that_reports_elsewhere(domain: Domain) -> None:
    with pytest.raises(SetupError, match=r"^the reporter at http://reporter.example reports to"):
        Reporter().evidence.require(domain)
    Reporter().evidence.require(DOMAIN)


# Stores


@pytest.fixture
def market(stage: Stage) -> Market:
    return opened(stage)


@pytest.fixture
def stores(market: Market, tmp_path: Path) -> list[Path]:
    """The stores of three reporters who measured and signed hours 1 and 2 in a batch."""
    proposal = market.propose([market.key(1), market.key(2)], range(3))
    market.report(proposal)
    return [keep_in(tmp_path / f"{n}.sqlite", market, n, proposal) for n in range(3)]


@pytest.fixture
def at_hand(market: Market, stores: list[Path]) -> Iterator[Callable[[], Joined]]:
    """The stores as a source, each opened anew."""
    opened_: list[StoredEvidence] = []

    def open_all() -> Joined:
        found = [StoredEvidence(path, market.domain) for path in stores if path.exists()]
        opened_.extend(found)
        return Joined(found)

    yield open_all
    for one in opened_:
        one.close()


def test_stores_have_all_that_is_needed(market: Market, at_hand: Callable[[], Joined]) -> None:
    audit = market.audit(market.first, source=at_hand())
    assert audit.verdict == "sound"
    totals = audit.totals
    assert (totals.batches, totals.measurements, totals.raw, totals.raw_missing) == (2, 6, 6, 0)


def test_a_store_that_is_missing(
    market: Market, stores: list[Path], at_hand: Callable[[], Joined]
) -> None:
    stores[1].unlink()
    audit = market.audit(market.first, source=at_hand())
    (finding,) = audit.findings
    assert (finding.level, finding.check, finding.reporter) == (
        "missing",
        "raw",
        market.address(1),
    )
    assert (finding.begin, finding.end) == (NOW + 1, NOW + 3)


def test_a_store_whose_raw_samples_changed(
    market: Market, stores: list[Path], at_hand: Callable[[], Joined]
) -> None:
    with sqlite3.connect(stores[2]) as connection:
        row = connection.execute("SELECT time_s, lines FROM moments ORDER BY time_s").fetchone()
        lines = zlib.decompress(row[1]).replace(b'"power_mw":502000', b'"power_mw":502001')
        connection.execute(
            "UPDATE moments SET lines = ? WHERE time_s = ?", (zlib.compress(lines), row[0])
        )
    connection.close()
    audit = market.audit(market.first, source=at_hand())
    assert [(f.check, f.reporter) for f in audit.findings] == [("root", market.address(2))]


def test_a_reporter_may_write_meanwhile(
    market: Market, stores: list[Path], at_hand: Callable[[], Joined]
) -> None:
    """It is started after the check began, and measures one hour more."""
    source = at_hand()
    key = market.key(3)
    samples = look_at(key[1], 4)
    signed, frame = market.measure(key, 0, samples), market.frame(key)
    assert list(source.raw(*key)) == []
    running = Store(stores[0], market.domain, market.address(0))
    try:
        assert running.keep_own(Own(signed, frame.bookings, frame.attested), samples)
        assert list(source.raw(*key)) == list(market.shelf.raw(*key))
        assert market.audit(market.first, source=source).verdict == "sound"
    finally:
        running.close()


def test_reading_a_store_puts_nothing_beside_it(market: Market, stores: list[Path]) -> None:
    before = sorted(os.listdir(stores[0].parent))
    source = StoredEvidence(stores[0], market.domain)
    assert len(list(source.raw(*market.key(1)))) == 1
    source.close()
    assert sorted(os.listdir(stores[0].parent)) == before


def test_recounts_and_reports_are_told_apart_by_digest(market: Market, tmp_path: Path) -> None:
    key = market.key(1)
    report = market.propose([key], range(3))
    recount = Proposal.of(market.measure(key, n, look_at(key[1], 4, n, down=3)) for n in range(4))
    path = tmp_path / "both.sqlite"
    store = Store(path, market.domain, market.address(0))
    digests = report.digest(market.domain), recount.recount_digest(market.domain)
    for kind, proposal, digest in zip(
        ("report", "recount"), (report, recount), digests, strict=True
    ):
        (sample,) = proposal.samples
        grant = Grant(digest, wire.Batch.of(proposal), bytes(64))
        store.lock(kind, {key: sample.encode()}, grant)  # type: ignore[arg-type]
    store.close()
    source = StoredEvidence(path, market.domain)
    for proposal, digest in zip((report, recount), digests, strict=True):
        assert list(source.batches(*key, digest)) == [wire.Batch.of(proposal)]
    both = [wire.Batch.of(report), wire.Batch.of(recount)]
    assert list(source.batches(*key, bytes(32))) == both
    source.close()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "there is no such file"),
        (b"", "its version is 0"),
        (
            b"not a database at all, but long enough to look at it for a header" * 9,
            "is no reporter",
        ),
    ],
    ids=["nothing", "empty", "text"],
)
def test_files_that_are_no_stores(tmp_path: Path, content: bytes | None, said: str) -> None:
    path = tmp_path / "a b?.sqlite"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadInput) as raised:
        StoredEvidence(path, DOMAIN)
    assert said in str(raised.value)
    assert [p.name for p in tmp_path.iterdir()] == ([path.name] if content is not None else [])


def test_a_store_of_another_deployment(market: Market, stores: list[Path]) -> None:
    with pytest.raises(BadInput, match=r"is a store for oracle 0x\w+, and the deployment's is"):
        StoredEvidence(stores[0], DOMAIN)
    other = Domain(5, market.domain.oracle, market.domain.contests)
    with pytest.raises(BadInput, match="is a store for chain 31337, and the deployment's is 5"):
        StoredEvidence(stores[0], other)


def test_a_store_that_is_damaged(market: Market, stores: list[Path]) -> None:
    with sqlite3.connect(stores[0]) as connection:
        connection.execute("UPDATE moments SET lines = x'00'")
        connection.execute("UPDATE batches SET body = x'00'")
    connection.close()
    source = StoredEvidence(stores[0], market.domain)
    for ask in (lambda: source.raw(*market.key(1)), lambda: source.batches(*market.key(1), b"")):
        with pytest.raises(BadInput, match="is damaged: "):
            list(ask())
    source.close()
