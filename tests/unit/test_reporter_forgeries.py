"""Measurements that nobody signed cost a reporter as little as can be, whoever shows them: it must
go on looking meanwhile, and answer in time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.oracle_bench import ME, Desk
from tests.support.oracle_views import DOMAIN, GENESIS, REPORTERS, looks, measured
from wellhead.oracle import wire
from wellhead.oracle.client import ReporterClient
from wellhead.oracle.measurements import Domain, Proposal, Signed
from wellhead.oracle.reporter.refusals import Refusal
from wellhead.oracle.reporter.reporter import Reporter
from wellhead.oracle.reporter.store import Store

HOURS = range(GENESIS, GENESIS + 4)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    store = Store(tmp_path / "store", DOMAIN, ME.address)
    yield Desk(store)
    store.close()


@pytest.fixture
def recoveries(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often it was found out who signed a measurement, by whom it is said to be."""
    counted: Counter[str] = Counter()
    whole = Signed.is_genuine

    def is_genuine(self: Signed, domain: Domain) -> bool:
        counted[self.reporter] += 1
        return whole(self, domain)

    monkeypatch.setattr(Signed, "is_genuine", is_genuine)
    return counted


def forged(who: int, number: int = 0, hour: int = GENESIS) -> Signed:
    """One of many that the reporter did not sign."""
    true = measured(who, hour=hour)
    return replace(true, measurement=replace(true.measurement, moments=1000 + number))


def seen(desk: Desk) -> set[Signed]:
    return set(desk.store.seen(1, HOURS[0], HOURS[-1] + 1))


def test_what_comes_after_a_forged_one_is_not_looked_at(
    desk: Desk, recoveries: Counter[str]
) -> None:
    shown = [measured(1), *(forged(1 + n % 4, n) for n in range(50)), measured(2)]
    assert desk.policy.take(shown) == 1
    assert seen(desk) == {measured(1)}
    assert sum(recoveries.values()) == 2


def test_what_one_forged_hides_nothing_that_others_show(
    desk: Desk, recoveries: Counter[str]
) -> None:
    lies = [forged(who, number) for who in (1, 2) for number in range(50)]
    liar, honest = [measured(3), *lies], [measured(1), measured(2)]
    assert desk.policy.hear([liar, honest]) == [lies[0], None]
    assert seen(desk) == {measured(1), measured(2), measured(3)}
    assert sum(recoveries.values()) == 4


def test_what_is_known_is_not_looked_at_again(desk: Desk, recoveries: Counter[str]) -> None:
    listed = [measured(who, hour=hour) for who in range(5) for hour in HOURS]
    assert desk.policy.take(listed) == len(listed) == sum(recoveries.values())
    recoveries.clear()
    again = [*listed, *listed]
    assert desk.policy.take(again) == 0
    assert desk.grant(*listed)
    assert sum(recoveries.values()) == 0
    # By another signature it is not what is known: it would be shown to others as it came.
    (first, *rest) = listed[:5]
    proposal = Proposal.of([*rest, replace(first, signature=rest[0].signature)])
    assert desk.refused_batch(proposal).reason == "foreign"


def test_no_more_is_looked_at_than_proves_a_contradiction(
    desk: Desk, recoveries: Counter[str]
) -> None:
    """A reporter can sign as many as it likes."""
    many = [measured(1, 1000 + number) for number in range(20)]
    assert desk.policy.take(many) == 2
    assert desk.policy.take([*many[5:], *(forged(1, n) for n in range(20))]) == 0
    assert recoveries == {REPORTERS[1].address: 2}
    assert desk.policy.take([measured(2)]) == 1


def test_it_can_look_while_it_finds_out_who_signed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is locked while signatures are examined, be it for a request or for a batch."""
    whole, moments = Signed.is_genuine, iter(looks(GENESIS))

    with ThreadPoolExecutor(1) as looking:

        def is_genuine(self: Signed, domain: Domain) -> bool:
            kept = looking.submit(desk.store.raws.add_moment, 1, next(moments))
            assert kept.result(timeout=30)
            return whole(self, domain)

        monkeypatch.setattr(Signed, "is_genuine", is_genuine)
        assert desk.policy.take([measured(1), measured(2)]) == 2
        assert desk.store.take(one for one in [measured(4)] if one.is_genuine(DOMAIN)) == 1
        assert desk.grant(*(measured(who) for who in range(5)))
    assert len(desk.store.raws.times(1, 0, 2**40)) == 5


def test_a_peer_that_shows_what_was_not_signed_rests(
    desk: Desk, recoveries: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    liar, honest = "http://127.0.0.1:1", "http://127.0.0.1:2"
    late, asked = measured(3, 9_000), Counter[str]()
    lies = [forged(who, number) for number in range(50) for who in (3, 4)]

    def shown(client: ReporterClient, *_: int) -> list[Signed]:
        asked[client.url] += 1
        return lies if client.url == liar else [late]

    monkeypatch.setattr(ReporterClient, "measurements", shown)
    reporter = Reporter(ME, desk.store, desk.view, peers=[liar, honest])
    batch = wire.Batch.of(Proposal.of(measured(who) for who in range(3)))
    for _ in range(2):
        with pytest.raises(Refusal) as caught:
            reporter.grant("report", batch)
        assert [body.signed() for body in caught.value.body.missing] == [late]
    assert asked == {liar: 1, honest: 2}
    assert recoveries[late.reporter] == 2
    assert recoveries[lies[1].reporter] == 0
    assert any(liar in text for text in reporter.health().problems)
    reporter.close()
