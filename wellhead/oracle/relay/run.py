"""One round of a relay, and rounds without end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from eth_abi.exceptions import DecodingError

from wellhead.chain import Account, Deployment, NodeUnreachable, Receipt, Reverted, RpcError
from wellhead.chain.accounts import NotMined
from wellhead.chain.transactions import Clock, Terms
from wellhead.oracle.chain import HOUR, ChainView
from wellhead.oracle.client import ReporterClient
from wellhead.oracle.measurements import (
    Domain,
    Key,
    Kind,
    told,
)
from wellhead.oracle.relay import words
from wellhead.oracle.relay.asking import Asker, Grant, needed
from wellhead.oracle.relay.collect import Panel, Pool, collect
from wellhead.oracle.relay.duties import Duties
from wellhead.oracle.relay.journal import Journal, Proofs
from wellhead.oracle.relay.options import LOCAL_TERMS, Options
from wellhead.oracle.relay.outcome import Equivocation, Left, Outcome, Reported
from wellhead.oracle.relay.propose import gather
from wellhead.oracle.relay.submit import Desk
from wellhead.oracle.relay.survey import Survey

#: Seconds after an hour in which it is no wonder that it is not measured by all.
GRACE = 900
#: Longest pause of a relay that can do nothing, seconds.
LONGEST_PAUSE = 600.0
#: What a chain and its node do that ends a round; the next one may find it otherwise.
_FAILURES = (NodeUnreachable, RpcError, NotMined, Reverted)
#: What comes of answers that have the right shape and make no sense.
_NONSENSE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, DecodingError)


class Relay:
    """Brings what the reporters measured on chain, with an account of its own that pays for it.

    `journal` is the file that must survive; without one a relay that is killed may pay twice. All
    that is said goes to `say`, and to `warn` what somebody should look at.
    """

    def __init__(
        self,
        deployment: Deployment,
        account: Account,
        clients: Sequence[ReporterClient],
        *,
        options: Options | None = None,
        terms: Terms = LOCAL_TERMS,
        journal: Path | None = None,
        say: Callable[[str], None] = lambda text: None,
        warn: Callable[[str], None] = lambda text: None,
        clock: Clock | None = None,
    ) -> None:
        self.options = options or Options()
        self.clock = clock or Clock()
        self.warn = warn
        self._deployment, self._clients, self._say = deployment, list(clients), say
        self._view = ChainView(deployment)
        self._journal = Journal.open(
            deployment.chain_id, deployment.oracle.address, account.address, journal
        )
        self._survey = Survey(self._view, self.options.lookback, self.options.clusters)
        self._outcome = Outcome(now=0)
        self._revenue_due = 0
        self.desk = Desk(
            deployment,
            account,
            terms,
            self._journal,
            say=say,
            warn=self._note,
            clock=self.clock,
        )
        self._duties = Duties(self._view, self.desk)

    @property
    def proofs(self) -> Proofs:
        """Every equivocation that it has seen, earlier runs included."""
        return self._journal.proofs

    def run_once(self) -> Outcome:
        """Everything that can be done now. What can not is in the outcome; NodeUnreachable,
        RpcError, NotMined and Reverted where the chain itself fails, and the next round
        continues."""
        outcome = self._begin()
        outcome.resumed = [order.label for order in self.desk.resume()]
        found = self._survey.look(outcome.now)
        panel = Panel(self._clients, self._view.signers(), self._note)
        measured = dict(found.measured)
        for part in _parts(found.unreported, self.options.most):
            for report in self._report(panel, part):
                for sample in report.proposal.samples:
                    measured[sample.cluster, sample.hour] = sample.measured
        for key in found.contested:
            if self._recount(panel, key):
                outcome.recounted.append(key)
                measured.pop(key, None)
        outcome.answering = [peer.address for peer in panel.peers]
        outcome.flagged = self._duties.flag(measured)
        if self.options.close_silent:
            open_ones = [left.key for left in outcome.left]
            outcome.closed = self._duties.close(
                open_ones, set(found.contested) - set(outcome.recounted), outcome.now
            )
        for cluster in self._survey.clusters():
            cursor = self._duties.accrue(cluster)
            if cursor is not None:
                outcome.accrued[cluster] = cursor
        self._see_to_revenue(outcome)
        self.desk.settle()
        self._look_at_what_is_stuck(outcome)
        self._look_at_the_balance()
        return outcome

    @property
    def domain(self) -> Domain:
        """What signatures are for."""
        return self._view.domain

    def look(self) -> tuple[dict[Key, int], Outcome]:
        """How many measurements the reporters have of each unreported hour, and who answered;
        sends nothing."""
        outcome = self._begin()
        panel = Panel(self._clients, self._view.signers(), self._note)
        counts: dict[Key, int] = {}
        for part in _parts(self._survey.look(outcome.now).unreported, self.options.most):
            pool = self._pool(panel, part)
            collect(panel, pool, part)
            counts |= {key: pool.count(key) for key in part}
        outcome.answering = [peer.address for peer in panel.peers]
        return counts, outcome

    def _begin(self) -> Outcome:
        self._outcome = Outcome(now=self._view.now(), reporters=len(self._clients))
        return self._outcome

    def _report(self, panel: Panel, keys: Sequence[Key]) -> list[Reported]:
        """Collect, agree on and submit some hours."""
        grants, left = self._gathered("report", panel, keys)
        recent = self._outcome.now - HOUR - GRACE
        self._outcome.left += [replace(hour, early=hour.key[1] * HOUR > recent) for hour in left]
        reports = []
        for grant in grants:
            samples = [sample.encode() for sample in grant.proposal.samples]
            evidence = grant.proposal.evidence(self._view.domain)
            receipt = self.desk.post(
                "report",
                f"report of {words.count(len(samples), 'hour')} from hour {_first(grant)}",
                self._deployment.oracle,
                "report",
                samples,
                evidence,
                grant.on_chain(),
            )
            if receipt is None:
                continue
            report = _reported(grant, receipt, self._journal.last_cost)
            self._say(words.batch(report))
            reports.append(report)
        self._outcome.reports += reports
        return reports

    def _recount(self, panel: Panel, key: Key) -> bool:
        """Decide a contested hour, if enough reporters agree on what was."""
        grants, left = self._gathered("recount", panel, [key])
        for hour in left:
            self._note(f"no recount of contested {told(hour.key)} yet: {hour.reason}")
        for grant in grants:
            (sample,) = grant.proposal.samples
            receipt = self.desk.post(
                "recount",
                f"recount of {told(key)}",
                self._deployment.contests,
                "recount",
                sample.encode(),
                grant.proposal.evidence(self._view.domain),
                grant.on_chain(),
            )
            if receipt is not None:
                return True
        return False

    def _gathered(
        self, kind: Kind, panel: Panel, keys: Sequence[Key]
    ) -> tuple[list[Grant], list[Left]]:
        if len(panel.peers) < needed(kind, panel.signers):
            answer = f"{len(panel.peers)} of {needed(kind, panel.signers)} reporters answer"
            return [], [Left(key, answer) for key in keys]
        pool = self._pool(panel, keys)
        collect(panel, pool, keys)

        def moot_among(listed: Iterable[Key]) -> set[Key]:
            asked = list(listed)
            records = zip(asked, self._view.records(asked), strict=True)
            if kind == "report":
                return {key for key, record in records if record["reported"]}
            return {key for key, record in records if not record["isContested"]}

        asker = Asker(kind, panel, pool, self._view.domain, moot_among)
        grants, left = gather(asker, keys)
        if pool.caught:
            self._journal.save()
        for first, second in pool.caught:
            self._outcome.equivocations.append(
                Equivocation(first.reporter, first.key, (first, second))
            )
        return grants, left

    def _pool(self, panel: Panel, keys: Sequence[Key]) -> Pool:
        return Pool(self._view.domain, panel.signers, keys, self._journal.proofs, self._note)

    def _see_to_revenue(self, outcome: Outcome) -> None:
        """Distribute and sweep, once in so many hours; at once after a start."""
        if not self.options.revenue_hours or outcome.now < self._revenue_due:
            return
        self._revenue_due = outcome.now + self.options.revenue_hours * HOUR
        for cluster in self._survey.clusters():
            distributed = self._duties.distribute(cluster)
            if distributed:
                outcome.distributed[cluster] = distributed
            swept = self._duties.sweep(cluster)
            if isinstance(swept, Reverted):
                self._note(words.not_swept(cluster, swept))
            elif swept is not None:
                outcome.swept[cluster] = swept

    def _look_at_what_is_stuck(self, outcome: Outcome) -> None:
        for text in words.given_up([left for left in outcome.left if not left.early]):
            self._note(text)
        begin = outcome.now // HOUR - self.options.lookback
        for cluster in self._survey.clusters():
            stuck = self._duties.stuck(cluster, begin)
            if stuck is not None:
                self._note(words.stuck(cluster, stuck, self.options.lookback))

    def _look_at_the_balance(self) -> None:
        cost, balance = self._journal.last_cost, self.desk.balance()
        if cost and balance < self.options.low_balance * cost:
            self._note(words.low_balance(self.desk.address, balance, cost))

    def _note(self, text: str) -> None:
        self._outcome.warnings.append(text)
        self.warn(text)


def run_forever(
    relay: Relay,
    poll: float,
    *,
    round_: Callable[[], Outcome] | None = None,
    goes_on: Callable[[], bool] = lambda: True,
) -> None:
    """A round every `poll` seconds, or rarer as long as there is something to do and it fails.
    Survives a node and reporters that are gone, and catches up when they are back; whatever they
    answer, it is said and ends no more than a round."""
    pause, hour = poll, 0
    do = round_ or relay.run_once
    while goes_on():
        fails = True
        try:
            outcome = do()
            fails = not outcome.has_moved and any(not left.early for left in outcome.left)
            # A new hour is worth a new start.
            fails = fails and outcome.now // HOUR == hour
            hour = outcome.now // HOUR
        except _FAILURES as error:
            relay.warn(str(error))
        except _NONSENSE as error:
            relay.warn(f"this round ends at an answer that makes no sense: {error!r}")
        pause = min(pause * 2, max(LONGEST_PAUSE, poll)) if fails else poll
        relay.clock.sleep(pause)


def _parts(keys: Sequence[Key], most: int) -> list[Sequence[Key]]:
    return [keys[first : first + most] for first in range(0, len(keys), most)]


def _reported(grant: Grant, receipt: Receipt, cost: int) -> Reported:
    return Reported(
        proposal=grant.proposal,
        signers=tuple(grant.signatures),
        recorded=len(grant.proposal.samples) - len(receipt.all("SampleSkipped")),
        transaction=receipt.hash,
        block=receipt.block,
        cost=cost,
    )


def _first(grant: Grant) -> int:
    return min(sample.hour for sample in grant.proposal.samples)
