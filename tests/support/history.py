"""A history in which nearly everything happens at least once, on two clusters, with its logs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.support.bonds import declare, post, settle, withdraw
from tests.support.contests import SILENCE, contest, recount
from tests.support.lifecycle import cancel, extend, split_hours, split_units
from tests.support.rent import Opened, open_lease
from tests.support.sales import seen
from tests.support.stage import FINALITY, HOUR, UNIT, USD, Q, Stage, Terms
from tests.support.sweeps import desk_on
from wellhead.chain import Contract
from wellhead.chain.abi import Event, decode_log
from wellhead.chain.logs import scan
from wellhead.chain.plan import ORDER
from wellhead.model.samples import Sample

BONDED = Terms(penalty=3 * Q, bond=50 * USD, discount_hours=48, horizon_hours=400, max_hours=300)
PLAIN = Terms(operator_share=333_333, reporter_share=111_111, bitcoin_share=222_223, discount=0)
REVENUES = ("cashRevenue", "reserveRevenue")
GROWING = "attestations", "cursor", "lost", "era", "baseHour", "index", "total", "held"


@dataclass
class History:
    """`marks` are figures that must only grow, as they stood after each step."""

    stage: Stage
    clusters: tuple[int, int]
    terms: dict[int, Terms]
    leases: list[int] = field(default_factory=list)
    marks: list[dict[str, int]] = field(default_factory=list)
    _events: list[Event] = field(default_factory=list)
    _tokens: dict[int, Contract] = field(default_factory=dict)

    def token(self, cluster: int) -> Contract:
        if cluster not in self._tokens:
            self._tokens[cluster] = self.stage.token(cluster)
        return self._tokens[cluster]

    @property
    def contracts(self) -> dict[str, Contract]:
        """All contracts but the coins, with the clusters' tokens."""
        found = {name: self.stage.deployment.contract(name) for name in ORDER}
        return found | {f"token {c}": self.token(c) for c in self.clusters}

    @property
    def accounts(self) -> Sequence[str]:
        stage = self.stage
        people = [stage.governor, stage.operator, stage.guardian, stage.stranger, stage.relay]
        people += [*stage.tenants, *stage.holders, stage.officer]
        keys = [reporter.address for reporter in stage.reporters]
        contracts = [contract.address for contract in self.contracts.values()]
        return [who.address for who in people] + keys + contracts

    def events(self, *names: str, of: Contract | None = None, **fields: Any) -> list[Event]:
        """What was logged under these names, in order; of one contract, or with these values."""
        if not self._events:
            addresses = [contract.address for contract in self.contracts.values()]
            self._events = scanned(self.stage, addresses)
        return [
            event
            for event in self._events
            if event.name in names
            and (of is None or event.address == of.address)
            and all(event[key] == value for key, value in fields.items())
        ]

    def total(self, name: str, field_: str, **fields: Any) -> int:
        return sum(event[field_] for event in self.events(name, **fields))

    def cluster_of(self, lease_id: int) -> int:
        """Also of a lease that is no more."""
        found: dict[int, int] = {
            event["leaseId"]: event["clusterId"] for event in self.events("LeaseOpened")
        }
        for event in self.events("UnitsSplit", "HoursSplit"):
            found[event["newLeaseId"]] = found[event["leaseId"]]
        return found[lease_id]

    def mark(self) -> None:
        """Write down what must never fall."""
        stage = self.stage
        asked: list[tuple[str, Contract, str, list[int]]] = [("", stage.registry, "clock", [])]
        asked += [("refunds due", stage.market, "refundLedgerOf", [i]) for i in self.leases]
        for c in self.clusters:
            asked.append((f"{c}", stage.registry, "clusterOf", [c]))
            asked.append((f"{c}", stage.market, "booksOf", [c]))
            asked.append((f"{c} routed", stage.router, "totalOf", [c]))
            asked += [(f"{c} {view}", self.token(c), view, []) for view in REVENUES]
        bodies = [{"to": of.address, "data": of.functions[f].encode(a)} for _, of, f, a in asked]
        answers = stage.anvil.rpc.batch([("eth_call", [body, "latest"]) for body in bodies])
        marks: dict[str, int] = {}
        for (name, of, view, _), answer in zip(asked, answers, strict=True):
            found = of.functions[view].decode(bytes.fromhex(answer[2:]))
            if isinstance(found, dict):
                marks |= {f"{name} {key}": found[key] for key in GROWING if key in found}
            else:
                marks[name or view] = marks.get(name or view, 0) + found
        self.marks.append(marks)

    def step(self, act: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        result = act(*arguments, **named)
        self.mark()
        return result

    def open(self, cluster: int, units: int, ahead: int, hours: int, who: int) -> Opened:
        stage = self.stage
        start, tenant = stage.hour() + ahead, stage.tenants[who]
        opened: Opened = self.step(open_lease, stage, cluster, units, start, hours, tenant)
        self.leases.append(opened.id)
        return opened

    def live(self, hours: int, up: int) -> None:
        """Let hours pass, and report them and those that the books still wait for; a part of what
        is booked works."""
        stage = self.stage
        stage.to_hour(stage.hour() + hours, 7)
        for cluster in self.clusters:
            known = stage.registry.call("clusterOf", cluster)
            first = stage.market.call("booksOf", cluster)["cursor"] or known["genesis"]
            missing = range(first, stage.hour())
            booked = stage.market.call_many([("bookedAt", (cluster, hour)) for hour in missing])
            working = known["attested"] * 1000
            samples = [
                Sample(cluster, hour, working, units * up // 1000, up // 2, 1_000, 500)
                for hour, units in zip(missing, booked, strict=True)
            ]
            for n in range(0, len(samples), 100):
                stage.report(samples[n : n + 100])
        self.mark()

    def route(self) -> None:
        for cluster in self.clusters:
            router, sender = self.stage.router, self.stage.stranger
            self.step(router.send, "accrueAndDistribute", cluster, sender=sender)


def scanned(stage: Stage, addresses: Sequence[str]) -> list[Event]:
    """All that these contracts have logged, in order."""
    logs = scan(stage.anvil.rpc, addresses, [], 0, stage.anvil.rpc.integer("eth_blockNumber"))
    return [event for log in logs if (event := decode_log(log)) is not None]


def live_through(stage: Stage) -> History:
    """Leases and all that becomes of them, contests, a default, mints, claims, sweeps, freezes."""
    bonded, plain = stage.cluster(200, BONDED), stage.cluster(300, PLAIN)
    history = History(stage, (bonded, plain), {bonded: BONDED, plain: PLAIN})
    _give_tokens(history)
    post(stage, bonded, 5_000 * USD)
    post(stage, bonded, 4_000 * USD, stage.tenants[2])
    desk = desk_on(stage)
    desk.fill(10 * 10**8)
    _lease_and_change(history)
    history.route()
    for cluster in history.clusters:
        history.step(desk.sweep, cluster)
    _contest(history)
    _officers(history)
    stage.skip(FINALITY)
    history.route()
    _pay_out(history)
    _go_down(history)
    _settle(history)
    return history


def _give_tokens(history: History) -> None:
    stage = history.stage
    for cluster in history.clusters:
        token, operator = stage.token(cluster), stage.operator
        for n, holder in enumerate(stage.holders, 1):
            amount = n * 7 * UNIT + n * 10**16 + 1
            history.step(token.send, "transfer", holder.address, amount, sender=operator)
        first, second, third = stage.holders
        token.send("approve", second.address, 3 * UNIT, sender=first)
        moved = (first.address, third.address, UNIT + 5)
        history.step(token.send, "transferFrom", *moved, sender=second)


def _lease_and_change(history: History) -> None:
    stage, (bonded, plain) = history.stage, history.clusters
    exchange, (first, second, third) = stage.deployment.exchange, stage.tenants[:3]
    stage.skip(1_234)
    long = history.open(bonded, 21, 0, 40, 0)
    cut = history.open(bonded, 13, 2, 30, 1)
    shared = history.open(plain, 17, 0, 25, 0)
    sold = history.open(plain, 11, 1, 50, 2)
    burnt = history.open(plain, 5, 9, 9, 1)
    history.live(3, 990_000)
    history.live(3, 400_000)
    history.step(extend, stage, long, 10)
    for lease in (long, shared):
        history.step(stage.market.send, "settle", lease.id, sender=stage.stranger)
    hour = stage.hour()
    history.leases.append(split_units(stage, shared.id, 6)[0])
    history.leases.append(split_hours(stage, long.id, hour + 20)[0])
    history.mark()
    history.step(cancel, stage, cut.id, hour + 5, second)
    history.leases.remove(burnt.id)
    history.step(cancel, stage, burnt.id, burnt.start, second)
    stage.market.send("setApprovalForAll", exchange.address, True, sender=third)
    offer = (sold.id, 900 * USD, 100 * USD, stage.now(), stage.now() + 10 * HOUR)
    history.step(exchange.send, "list", *offer, sender=third)
    bounds = seen(stage.market, sold.id).encoded()
    history.step(exchange.send, "buy", sold.id, bounds, sender=second)
    history.live(4, 0)
    moved = (first.address, third.address, shared.id)
    history.step(stage.market.send, "transferFrom", *moved, sender=first)
    stage.skip(FINALITY)


def _contest(history: History) -> None:
    """One hour was reported with too much, one was not, one is left open, and one is silent."""
    stage, (_, plain) = history.stage, history.clusters
    lease = history.open(plain, 9, 1, 6, 3)
    stage.to_hour(lease.start + 5)
    for hour in (0, 1, 2):
        stage.report([Sample(plain, lease.start + hour, 50_000, 9_000)])
        history.step(contest, stage, lease.id, lease.start + hour, stage.tenants[3])
    history.step(recount, stage, Sample(plain, lease.start, 50_000, 4_000))
    history.step(recount, stage, Sample(plain, lease.start + 1, 50_000, 8_990))
    stage.skip(SILENCE)
    for contract, function, hour in (
        (stage.contests, "close", 2),
        (stage.oracle, "closeSilent", 3),
    ):
        history.step(contract.send, function, plain, lease.start + hour, sender=stage.stranger)
    late = (Sample(plain, lease.start, 1, 1), Sample(plain, lease.start + 4, 9_000, 8_000))
    history.step(stage.report, late)


def _officers(history: History) -> None:
    stage, (bonded, plain) = history.stage, history.clusters
    officer, (first, second, _) = stage.officer, stage.holders
    for function, *arguments in (
        ("setFrozenTokens", plain, second.address, 2 * UNIT),
        ("forcedTransfer", plain, second.address, first.address, 13 * UNIT),
        ("setBlocked", second.address, True),
        ("forcedTransfer", bonded, second.address, first.address, UNIT),
    ):
        history.step(stage.compliance.send, function, *arguments, sender=officer)


def _pay_out(history: History) -> None:
    stage, (bonded, plain) = history.stage, history.clusters
    first, second, third = stage.holders
    for cluster in history.clusters:
        history.step(stage.router.send, "release", cluster, sender=stage.stranger)
        token = stage.token(cluster)
        history.step(token.send, "claim", first.address, sender=first)
        history.step(token.send, "claim", stage.vault.address, sender=second)
    history.step(stage.oracle.send, "payReporters", sender=stage.stranger)
    stage.fund(stage.stranger)
    for function, to in (("mint", stage.stranger), ("approve", stage.vault)):
        stage.reserve.send(function, to.address, 10**8, sender=stage.stranger)
    history.step(stage.router.send, "payIn", bonded, 12_345_679, sender=stage.stranger)
    cash = stage.cash.address
    for function, *arguments in (
        ("deposit", cash, third.address, 1_000_007),
        ("deposit", cash, stage.stranger.address, 3_000),
        ("move", cash, first.address, 1_001),
        ("moveBatch", cash, [first.address, second.address], [1, 2]),
        ("withdraw", cash, third.address, 17),
    ):
        history.step(stage.vault.send, function, *arguments, sender=stage.stranger)
    stage.skip(11 * HOUR)
    history.step(stage.token(plain).send, "claim", third.address, sender=third)
    for function, units in (("setSellable", 250), ("retire", 60)):
        history.step(stage.registry.send, function, plain, units, sender=stage.operator)
    history.step(withdraw, stage, bonded, 100 * USD)


def _go_down(history: History) -> None:
    """The bonded cluster is dark for three days, with leases in it and after it."""
    stage, (bonded, plain) = history.stage, history.clusters
    for who, ask in enumerate(((8, 0, 90), (4, 60, 200), (3, 150, 40))):
        history.open(bonded, *ask, who)
    history.open(plain, 4, 1, 30, 3)
    history.live(75, 0)
    stage.skip(FINALITY)
    history.step(stage.market.send, "accrue", bonded, sender=stage.stranger)
    history.step(declare, stage, bonded)
    history.open(bonded, 6, 1, 20, 2)
    history.live(10, 1_000_000)
    stage.skip(FINALITY)


def _settle(history: History) -> None:
    """Some of what is due is paid, and new units come while both currencies vest."""
    for lease_id in history.leases[::2]:
        history.step(settle, history.stage, lease_id)
    history.route()
    stage, (bonded, _) = history.stage, history.clusters
    history.step(stage.router.send, "payIn", bonded, 1_000_003, sender=stage.stranger)
    for cluster in history.clusters:
        history.step(stage.mint, cluster, 30)
