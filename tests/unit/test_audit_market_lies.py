"""What an event of the market, the router or a token says wrong does not fit what came before, or
gives other storage."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tests.support.audited import check, raw_logs, rebuilt
from tests.support.bonds import accrue, post, withdraw
from tests.support.lifecycle import cancel, extend, split_hours, split_units
from tests.support.rent import deliver, open_lease
from tests.support.shows import shows
from tests.support.stage import EVIDENCE, UNIT, USD, Stage, Terms
from wellhead.audit.blocks import RawLog
from wellhead.audit.decode import decoders_of
from wellhead.audit.replay import Replay
from wellhead.audit.whole import Chain
from wellhead.model.samples import Sample

OURS = ("LeaseMarket", "RevenueRouter", "CapacityToken")
#: Events and fields that only say who, or why: nothing follows from them, and nothing is stored.
#: The receipts of their block vouch for them.
TOLD = ("ContractURIUpdated", "ForcedTransfer", "MetadataUpdate")
SILENT = {
    ("BondPosted", "payer"),
    ("LeaseExtended", "payer"),
    ("SuspensionNoticed", "evidence"),
    ("Claimed", "to"),
    ("PaidIn", "payer"),
}

Words = dict[tuple[int, int], int]


@shows("AUD-5")
def test_every_wrong_field_is_found(stage: Stage) -> None:
    _history(stage)
    truth, logs = check(stage), raw_logs(stage)
    there = _words(truth)
    latest = list(_latest_of_every_kind(truth, logs))
    for number, kind in latest:
        log, time = logs[number]
        for field, wrong in _bent(truth, log):
            told = [*logs[:number], (wrong, time), *logs[number + 1 :]]
            chain, found = rebuilt(stage, told)
            is_found = bool(found) or _words(chain) != there
            assert is_found is ((kind, field) not in SILENT), f"{kind}.{field}"
    assert [kind for _, kind in latest].count("ToppedUp") == 2, "the router's, and the token's"
    assert len(latest) > 29


@shows("AUD-6")
def test_every_event_that_is_kept_back_is_found(stage: Stage) -> None:
    _history(stage)
    truth, logs = check(stage), raw_logs(stage)
    there = _words(truth)
    for number, kind in _latest_of_every_kind(truth, logs):
        chain, found = rebuilt(stage, [*logs[:number], *logs[number + 1 :]])
        assert (bool(found) or _words(chain) != there) is (kind not in TOLD), kind


@shows("AUD-5")
def test_what_is_wrong_about_a_mint_is_named(stage: Stage) -> None:
    """What was paid for it and was not due, or was not said, or has no mint."""
    _history(stage)
    truth, logs = check(stage), raw_logs(stage)
    said = {
        contract: next(
            number
            for number, (log, _) in enumerate(logs)
            if (replay := truth.replays.get(int.from_bytes(log.address, "big")))
            and replay.contract == contract
            and decoders_of(contract)[log.topics[:32]].name == "ToppedUp"
        )
        for contract in ("RevenueRouter", "CapacityToken")
    }
    minted = max(
        number
        for number, (log, _) in enumerate(logs)
        if int.from_bytes(log.address, "big") == truth.registry.address
    )

    def found(number: int, log: RawLog | None) -> set[tuple[str, str, str]]:
        """Contract, event and field of what is found with another log there, or with none."""
        other = [] if log is None else [(log, logs[number][1])]
        findings = rebuilt(stage, [*logs[:number], *other, *logs[number + 1 :]])[1]
        return {(one.contract, one.where, one.what) for one in findings}

    router, token = said["RevenueRouter"], said["CapacityToken"]
    bent = dict(_bent(truth, logs[router][0]))
    assert {
        name: {one for one in found(router, log) if one[0] == "RevenueRouter"}
        for name, log in bent.items()
        if name != "clusterId"
    } == {
        name: {("RevenueRouter", "ToppedUp", name)}
        for name in ("operator", "pending", "cash", "reserve")
    }
    assert ("CapacityRegistry", "Attested", "event") in found(router, None)
    assert found(minted, None) >= {("RevenueRouter", "ToppedUp", "consequence")}
    assert found(token, None) == {
        ("RevenueRouter", "ToppedUp", "consequence"),
    }


def _history(stage: Stage) -> None:
    """A little of everything."""
    cluster, hour = stage.cluster(60, Terms(bond=USD, discount=0)), stage.hour()
    tenant, other = stage.tenants[:2]
    token, market = stage.token(cluster), stage.market
    post(stage, cluster, 50 * USD)
    lease = open_lease(stage, cluster, 9, hour, 40, at=stage.now() + 61)
    extend(stage, lease, 40)
    stage.registry.send("retire", cluster, 1, sender=stage.operator)
    for holder in stage.holders[:2]:
        token.send("transfer", holder.address, 7 * UNIT, sender=stage.operator)
    token.send("approve", other.address, UNIT, sender=stage.holders[0])
    freeze = (cluster, stage.holders[0].address, 6 * UNIT)
    stage.compliance.send("setFrozenTokens", *freeze, sender=stage.officer)
    force = (cluster, *(holder.address for holder in stage.holders[:2]), 4 * UNIT)
    stage.compliance.send("forcedTransfer", *force, sender=stage.officer)
    deliver(stage, cluster, dict.fromkeys(range(hour, hour + 12), 8_000))
    few, _ = split_units(stage, lease.id, 4)
    late, _ = split_hours(stage, lease.id, hour + 70)
    market.send("setApprovalForAll", other.address, True, sender=tenant)
    market.send("approve", other.address, few, sender=tenant)
    market.send("noticeSuspension", lease.id, EVIDENCE, sender=stage.operator)
    until = stage.now() + 20_000
    market.send("setUser", few, other.address, until, sender=tenant)
    accrue(stage, cluster)
    stage.router.send("distribute", cluster, sender=stage.stranger)
    stage.router.send("release", cluster, sender=stage.stranger)
    token.send("claim", tenant.address, sender=stage.holders[1])
    withdraw(stage, cluster, USD)
    cancel(stage, late, hour + 70)
    stage.router.send("distribute", cluster, sender=stage.stranger)
    for coin in (stage.cash, stage.reserve):
        stage.fund(stage.operator, coin=coin)
    stage.router.send("payIn", cluster, 54_321, sender=stage.operator)
    post(stage, cluster, 7)
    stage.mint(cluster, 5)


def _latest_of_every_kind(
    chain: Chain, logs: Iterable[tuple[RawLog, int]]
) -> Iterator[tuple[int, str]]:
    """Where the latest event of every kind stands, and its name."""
    latest = {}
    for number, (log, _) in enumerate(logs):
        replay = _replay(chain, log)
        if replay is not None:
            name = decoders_of(replay.contract)[log.topics[:32]].name
            latest[replay.contract, name] = number, name
    return iter(latest.values())


def _bent(chain: Chain, log: RawLog) -> Iterator[tuple[str, RawLog]]:
    """The log with one bit of each field turned; texts and structs are left out."""
    replay = _replay(chain, log)
    assert replay is not None
    decoder = decoders_of(replay.contract)[log.topics[:32]]
    for number, field in enumerate(decoder.indexed, 1):
        yield field.name, log._replace(topics=_turned(log.topics, number))
    for number, field in enumerate(decoder.plain or ()):
        yield field.name, log._replace(data=_turned(log.data, number))


def _turned(data: bytes, word: int) -> bytes:
    last = 32 * word + 31
    return data[:last] + bytes([data[last] ^ 1]) + data[last + 1 :]


def _replay(chain: Chain, log: RawLog) -> Replay | None:
    found = chain.replays.get(int.from_bytes(log.address, "big"))
    return found if found is not None and found.contract in OURS else None


def _words(chain: Chain) -> Words:
    return {
        (replay.address, slot): word
        for replay in chain.contracts()
        for slot, word, _ in replay.slots()
        if word
    }


@shows("AUD-5")
def test_a_recovery_that_there_was_not_is_named(stage: Stage) -> None:
    """It is told before it happened, by an hour that worked before the last dark one."""
    cluster = stage.cluster(50, Terms(bond=USD))
    post(stage, cluster, 100 * USD)
    start = stage.hour() + 1
    for begin, hours in ((start, 72), (start + 73, 2)):
        open_lease(stage, cluster, 5, begin, hours)
    stage.to_hour(start + 75)
    works = [Sample(cluster, hour, 50_000, 0) for hour in range(start + 72, start + 75)]
    stage.report([Sample(cluster, hour, 0, 0) for hour in range(start, start + 72)] + works)
    stage.finalize()
    accrue(stage, cluster)
    logs = raw_logs(stage)
    early = len(logs), logs[-1][1]
    hour = stage.hour()
    stage.report([Sample(cluster, hour - 1, 50_000, 0)])
    stage.finalize()
    stage.market.send("recover", cluster, sender=stage.stranger)
    check(stage)
    *before, (told, _) = raw_logs(stage)
    wrong = told._replace(block=logs[-1][0].block, data=(start + 72).to_bytes(32, "big"))
    at, time = early
    _, found = rebuilt(stage, [*before[:at], (wrong, time), *before[at:]])
    assert [(one.said, one.expected) for one in found] == [("Recovered", "none, nothing works")]
