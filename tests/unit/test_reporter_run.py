"""A reporter from its configuration: its key, its chain, its peers, and what it does by itself."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import Future, wait
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account as EthAccount

from tests.support.live import free_port
from tests.support.oracle_views import (
    DOMAIN,
    GENESIS,
    NOW,
    REPORTERS,
    FakeView,
    Recorded,
    looks,
    measured,
)
from tests.support.stage import Stage
from wellhead.actions.errors import SetupError
from wellhead.chain import dev_account, dev_key
from wellhead.chain.keys import KeyProblem
from wellhead.chain.record import DeploymentError, Record
from wellhead.oracle import wire
from wellhead.oracle.bookings import Bookings
from wellhead.oracle.chain import HOUR
from wellhead.oracle.client import ReporterClient, ReporterUnreachable
from wellhead.oracle.measurements import Proposal, Signed
from wellhead.oracle.readings import Moment, Reading
from wellhead.oracle.reporter.config import ClusterTable, ReporterConfig
from wellhead.oracle.reporter.peers import REST, Peers
from wellhead.oracle.reporter.refusals import Refusal
from wellhead.oracle.reporter.reporter import Reporter
from wellhead.oracle.reporter.run import open_reporter
from wellhead.oracle.reporter.store import Store
from wellhead.oracle.reporter.view import NodeView, Unready
from wellhead.oracle.reporter.watching import Watch

ME = REPORTERS[0]


@pytest.fixture
def config(stage: Stage, tmp_path: Path) -> ReporterConfig:
    file = tmp_path / "deployment.json"
    stage.deployment.save(file)
    return ReporterConfig.model_validate(
        {
            "store": tmp_path / "store",
            "rpc": stage.anvil.rpc.url,
            "deployment": file,
            "dev_account": 22,
        }
    )


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "store", DOMAIN, ME.address)
    yield opened
    opened.close()


def but(config: ReporterConfig, **changes: object) -> ReporterConfig:
    return config.model_copy(update=changes)


def nobody(question: str) -> str | None:
    return None


# Key and chain


def test_a_dev_account_signs_on_a_local_chain(config: ReporterConfig) -> None:
    reporter = open_reporter(config, nobody)
    assert reporter.address == dev_account(22).address
    assert reporter.health().ok
    with pytest.raises(SetupError, match="in use by another reporter"):
        open_reporter(config, nobody)
    reporter.close()
    with pytest.raises(SetupError, match="is the store of reporter"):
        open_reporter(but(config, dev_account=23), nobody)


def test_a_dev_account_signs_nowhere_else(config: ReporterConfig) -> None:
    record = Record.read(config.deployment)
    replace(record, chain_id=11155111).save(config.deployment)
    with pytest.raises(SetupError, match="dev_account is for local chains"):
        open_reporter(config, nobody)


def test_a_node_of_another_chain_is_refused(config: ReporterConfig) -> None:
    record = Record.read(config.deployment)
    replace(record, chain_id=1337).save(config.deployment)
    with pytest.raises(DeploymentError, match="is for chain 1337"):
        open_reporter(config, nobody)
    config.deployment.unlink()
    with pytest.raises(DeploymentError, match="there is no deployment file"):
        open_reporter(config, nobody)


def test_a_keystore_is_opened_with_its_passphrase(
    config: ReporterConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "key.json"
    path.write_text(json.dumps(EthAccount.encrypt(dev_key(24), "open", iterations=2)), "utf-8")
    keyed = but(config, dev_account=None, keyfile=path)
    monkeypatch.delenv("WELLHEAD_PASSPHRASE", raising=False)
    with pytest.raises(KeyProblem, match="needs its passphrase"):
        open_reporter(keyed, nobody)
    monkeypatch.setenv("WELLHEAD_PASSPHRASE", "shut")
    with pytest.raises(KeyProblem, match="is wrong"):
        open_reporter(keyed, nobody)
    monkeypatch.setenv("WELLHEAD_PASSPHRASE", "open")
    reporter = open_reporter(keyed, nobody)
    assert reporter.address == dev_account(24).address
    reporter.close()


def test_a_node_that_comes_back_is_asked_again(stage: Stage, config: ReporterConfig) -> None:
    url = stage.anvil.rpc.url
    reporter = open_reporter(but(config, rpc=f"http://127.0.0.1:{free_port()}"), nobody)
    assert "no node answers" in reporter.health().problems[0]
    with pytest.raises(Unready):
        reporter.take([])
    view = reporter.measuring.view
    assert isinstance(view, NodeView)
    view.deployment.rpc.url = url
    assert reporter.health().ok
    assert reporter.take([]) == 0
    reporter.close()


def test_the_chain_is_seen_as_it_is(stage: Stage, config: ReporterConfig) -> None:
    cluster = stage.cluster(7)
    first = stage.hour() + 1
    lease = stage.lease(cluster, 3, first, 5)
    reporter = open_reporter(config, nobody)
    view = reporter.measuring.view
    found = view.lease(lease)
    assert found is not None
    assert (found.cluster, found.units, found.start, found.stop) == (cluster, 3, first, first + 5)
    assert found.holder == stage.tenants[0].address
    user = dev_account(8).address
    owner = stage.tenants[0]
    stage.market.send("setUser", lease, user, (first + 5) * HOUR, sender=owner)
    assert (changed := view.lease(lease)) is not None
    assert changed.holder == user
    assert view.lease(lease + 1) is None
    assert view.cluster(cluster + 1) is None
    assert view.bookings(cluster, [first - 1, first]) == [Bookings(0), Bookings(3)]
    assert [record["reported"] for record in view.records([(cluster, first)])] == [False]
    reporter.close()


# Peers


def test_peers_that_do_not_answer_are_left_alone_for_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One is not there, the other says nothing until nobody waits for it any more."""
    gone, silent = "http://127.0.0.1:1", "http://127.0.0.1:2"
    clock, asked = [0.0], []
    begun, over = threading.Semaphore(0), threading.Event()

    def ask(client: ReporterClient, *_: int) -> list[Signed]:
        asked.append(client.url)
        if client.url == silent:
            begun.release()
            over.wait()
        raise ReporterUnreachable(client.url, "silence")

    def patient(
        questions: dict[Future[list[Signed]], str], timeout: float
    ) -> tuple[set[Future[list[Signed]]], set[Future[list[Signed]]]]:
        """Until all have been asked, and those who end it by themselves have."""
        late = {question for question, url in questions.items() if url == silent}
        for _ in late:
            begun.acquire()
        return wait(questions.keys() - late).done, late

    monkeypatch.setattr(ReporterClient, "measurements", ask)
    monkeypatch.setattr("wellhead.oracle.reporter.peers.wait", patient)
    peers = Peers([gone, silent], ME, lambda: clock[0], patience=3600.0)
    try:
        for time, times in ((0.0, 1), (REST - 1, 1), (REST, 2)):
            clock[0] = time
            assert peers.measurements(1, 0, 1) == []
            assert sorted(asked) == [gone] * times + [silent] * times
            assert peers.silent() == [gone, silent]
    finally:
        over.set()
        for workers in peers._workers.values():
            workers.shutdown()
        peers.close()


def test_it_asks_its_peers_before_it_signs(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """And takes only what is genuine of what they show."""
    reporter = Reporter(ME, store, FakeView(), peers=["http://127.0.0.1:1"])
    late = measured(3, 9_000)
    forged = replace(measured(4, 1), signature=late.signature)
    monkeypatch.setattr(ReporterClient, "measurements", lambda *_: [late, forged, late])
    batch = wire.Batch.of(Proposal.of(measured(who) for who in range(3)))
    with pytest.raises(Refusal) as caught:
        reporter.grant("report", batch)
    assert [body.signed() for body in caught.value.body.missing] == [late]
    assert forged not in reporter.measurements(1, GENESIS, NOW)
    reporter.close()


# What it does by itself


class Hasty(threading.Event):
    """For whoever waits for this, time flies."""

    def wait(self, timeout: float | None = None) -> bool:
        return super().wait(0.001)


class Looks:
    """A live source that breaks once; `enough` is set when it was looked at after that."""

    name = "test"

    def __init__(self) -> None:
        self.count, self.enough = 0, threading.Event()

    def read(self, begin_s: int, end_s: int) -> list[Moment]:
        self.count += 1
        if self.count == 2:
            raise RuntimeError("a mistake of its own")
        if self.count == 4:
            self.enough.set()
        return [Moment(begin_s, (Reading("a"),))]


def test_it_looks_and_measures_by_itself_whatever_goes_wrong_once(store: Store) -> None:
    live, recorded = Looks(), Recorded(looks(GENESIS))
    source = {"kind": "dcgm", "urls": ["http://127.0.0.1:1/metrics"]}
    tables = [
        ClusterTable.model_validate({"cluster": number, "sources": [kind]})
        for number, kind in ((1, source), (2, {"kind": "trace"}))
    ]
    seconds = count(NOW * HOUR)
    watches = [
        Watch(tables[0], [live], lambda: next(seconds)),
        Watch(tables[1], [recorded], lambda: NOW * HOUR),
    ]
    reporter = Reporter(ME, store, FakeView(), watches)
    reporter.rounds._end = Hasty()
    reporter.start()
    assert live.enough.wait(timeout=60)
    assert recorded.was_asked.wait(timeout=60)
    reporter.rounds.stop()
    assert len(store.raws.times(1, 0, 2**40)) >= 2
    assert GENESIS in store.measured_hours(2, 0, 2**24)
    reporter.close()


def test_a_peers_rest_begins_when_it_was_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """However late it turns out that it does not answer."""
    url, clock, asked = "http://127.0.0.1:1", [0.0], []
    released, ended = threading.Event(), threading.Event()

    def late(client: ReporterClient, *_: int) -> list[Signed]:
        asked.append(clock[0])
        released.wait()
        raise ReporterUnreachable(client.url, "late")

    ask = Peers._ask

    def ending(*arguments: Any) -> list[Signed]:
        try:
            return ask(*arguments)
        finally:
            ended.set()

    monkeypatch.setattr(ReporterClient, "measurements", late)
    monkeypatch.setattr(Peers, "_ask", ending)
    peers = Peers([url], ME, lambda: clock[0], patience=1)
    assert peers.measurements(1, 0, 1) == []
    clock[0] = REST - 1
    released.set()
    assert ended.wait(10)
    clock[0] = REST
    assert peers.measurements(1, 0, 1) == []
    assert asked == [0.0, REST]
    peers.close()
