"""All contracts of a deployment, rebuilt together from their logs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from wellhead.audit.blocks import RawLog
from wellhead.audit.decode import Decoder, Malformed, decoders_of
from wellhead.audit.replay import Finding, Findings, Log, Replay
from wellhead.audit.replays.authority import AuthorityReplay
from wellhead.audit.replays.compliance import ComplianceReplay
from wellhead.audit.replays.contests import ContestsReplay
from wellhead.audit.replays.exchange import ExchangeReplay
from wellhead.audit.replays.fixed import FixedReplay
from wellhead.audit.replays.market import MarketReplay
from wellhead.audit.replays.oracle import OracleReplay
from wellhead.audit.replays.registry import RegistryReplay
from wellhead.audit.replays.router import RouterReplay
from wellhead.audit.replays.token import TokenReplay
from wellhead.audit.replays.vault import VaultReplay
from wellhead.audit.words import created

#: Contracts that keep nothing.
FIXED = ("LeaseMetadata", "CapacityMetadata", "CapacityTokenFactory")
#: Contracts that lend the market their code. Little can be done at them themselves, such as giving
#: somebody leave to move leases that they do not have; but then they keep it, as the market would.
LENDERS = ("LeaseChanges", "LeaseRecords")


@dataclass(frozen=True)
class Setting:
    """What the contracts were made with and no event tells."""

    addresses: Mapping[str, int]
    finality: int
    contest_deposit: int
    cash_decimals: int
    reserve_decimals: int


class Chain:
    """The replays of all contracts, the tokens' as they appear. Logs go in in order."""

    def __init__(self, setting: Setting, findings: Findings) -> None:
        self.setting = setting
        self.findings = findings
        #: Of the latest block.
        self.time = 0
        at = setting.addresses
        self.vault = VaultReplay(at["Vault"], findings)
        self.authority = AuthorityReplay(at["Authority"], findings)
        self.registry = RegistryReplay(at["CapacityRegistry"], findings)
        self.oracle = OracleReplay(
            at["MetricsOracle"], findings, self.registry, self.vault, setting.finality
        )
        self.market = MarketReplay(at["LeaseMarket"], findings, self.registry, self.oracle)
        self.router = RouterReplay(at["RevenueRouter"], findings, self.registry, self.market)
        self.registry.oracle, self.registry.market = self.oracle, self.market
        self.registry.router = self.router
        self.exchange = ExchangeReplay(at["LeaseExchange"], findings, self.market)
        self.contests = ContestsReplay(
            at["Contests"], findings, self.registry, self.oracle, setting.contest_deposit
        )
        self.compliance = ComplianceReplay(at["Compliance"], findings)
        self.tokens: dict[int, TokenReplay] = {}
        self.replays: dict[int, Replay] = {}
        self.events: dict[int, int] = {}
        self._decoders: dict[bytes, tuple[Replay, dict[bytes, Decoder]]] = {}
        for replay in (
            self.authority,
            self.vault,
            self.oracle,
            self.market,
            self.exchange,
            self.contests,
            self.router,
            self.compliance,
            self.registry,
            *(FixedReplay(at[name], findings, name) for name in FIXED),
            *(self._lender(name) for name in LENDERS),
        ):
            self._add(replay)

    def apply(self, logs: Sequence[RawLog], time: int, end: int | None = None) -> None:
        """Take the logs of a block of a unix time; there are none after `end`."""
        right = max(time, self.time)
        if end is not None:
            right = min(right, end)
        if right != time and logs:
            due = f"{self.time} to {end}"
            self.findings.add(
                Finding("block", "header", "timestamp", str(time), due, logs[0].block)
            )
        time = self.time = right
        for raw in logs:
            known = self._decoders.get(raw.address)
            if known is None:
                self._strange(raw, "a log", "0x" + raw.address.hex(), "a contract of ours")
                continue
            replay, decoders = known
            decoder = decoders.get(raw.topics[:32])
            if decoder is None:
                said = "0x" + raw.topics[:32].hex()
                self._strange(raw, replay.called, said, "an event that this contract has")
                continue
            try:
                args = decoder(raw.topics, raw.data)
            except Malformed as error:
                self._strange(raw, replay.called, str(error), "data that it writes", decoder.name)
                continue
            log = Log(replay.address, decoder.name, args, raw.block, raw.position, time)
            self.events[replay.address] += 1
            try:
                replay.apply(log)
            except Exception as error:  # an event that nothing led to must not end the audit
                replay.differ(log, "event", f"{type(error).__name__}: {error}", "one that follows")
            if replay is self.registry and log.name == "ClusterRegistered":
                self._registered(log)

    def finish(self, time: int) -> None:
        """Nothing comes after this: what must have followed, and whether the sums are right."""
        self.oracle.settle()
        self.router.settle()
        for finding in self._totals(time):
            self.findings.add(finding)

    def contracts(self) -> Iterator[Replay]:
        return iter(self.replays.values())

    def _lender(self, name: str) -> Replay:
        at = self.setting.addresses[name]
        lender = MarketReplay(at, self.findings, self.registry, self.oracle)
        lender.contract = name
        return lender

    def _registered(self, log: Log) -> None:
        address, cluster = log.args["token"], log.args["clusterId"]
        self.registry.expect(
            log, "token", created(self.setting.addresses["CapacityTokenFactory"], cluster)
        )
        if address in self.replays:
            return
        token = self.tokens[cluster] = TokenReplay(
            address,
            self.findings,
            log,
            self.setting.cash_decimals,
            self.setting.reserve_decimals,
            self.router,
        )
        token.title = f"{token.contract}[{cluster}]"
        self.router.tokens[cluster] = token
        self._add(token)

    def _add(self, replay: Replay) -> None:
        self.replays[replay.address] = replay
        self.events[replay.address] = 0
        decoders = decoders_of(replay.contract)
        self._decoders[replay.address.to_bytes(20, "big")] = replay, decoders

    def _strange(
        self, raw: RawLog, contract: str, said: str, expected: str, event: str = "event"
    ) -> None:
        self.findings.add(Finding(contract, event, "data", said, expected, raw.block, raw.position))

    def _totals(self, time: int) -> Iterator[Finding]:
        """The sums that must hold between contracts, in whole coins' smallest units."""
        at = self.setting.addresses
        cash = at["cash"]
        held, owed = self.vault.claim(cash, at["LeaseMarket"]), self.market.owed()
        yield from _covers("LeaseMarket", held, -(-owed // LEDGER))
        held, owed = self.vault.claim(cash, at["RevenueRouter"]), self.router.waiting()
        yield from _covers("RevenueRouter", held, owed)
        for cluster, token in self.tokens.items():
            name = token.title
            for coin, owed in zip(("cash", "reserve"), token.covered(), strict=True):
                yield from _covers(name, self.vault.claim(at[coin], token.address), owed)
            for coin, rest in zip(("cash", "reserve"), token.unaccounted(time), strict=True):
                if rest:
                    yield Finding(
                        name,
                        coin,
                        "claimed, owed, carried and unvested",
                        str(rest),
                        "0",
                        kind="total",
                    )
            entry = self.registry.cluster(cluster)
            supply, attested = token.totals.tokens, entry.attested * UNIT if entry else 0
            if supply != attested:
                yield Finding(name, "tokens", "supply", str(supply), str(attested), kind="total")


LEDGER = 10**6 << 32
UNIT = 10**18


def _covers(name: str, held: int, owed: int) -> Iterator[Finding]:
    if held < owed:
        yield Finding(name, "the vault", "claim", str(held), f"at least {owed}", kind="total")
