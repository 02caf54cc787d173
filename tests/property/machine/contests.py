"""Tenants contest what was reported; reporters count again, or stay silent."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.property.machine.base import Reach, parts, ups
from tests.property.machine.leases import LeaseRules
from tests.support.stage import HOUR, Q
from wellhead.chain import UnlockedAccount
from wellhead.model.contests import TOLERANCE
from wellhead.model.fixedpoint import ceil_div
from wellhead.model.oracle import SILENCE
from wellhead.model.registry import OFF_BOOK_TOLERANCE
from wellhead.model.samples import Sample

#: What a recount finds, in millionths of what was reported; the edges of the tolerance often.
findings = st.one_of(st.sampled_from([0, Q - TOLERANCE, Q]), parts)


class ContestRules(LeaseRules):
    """Owners and strangers; all reporters but one, or fewer; whoever closes."""

    calls: Reach = (
        "Contests.contest",
        "Contests.recount",
        "Contests.close",
        "CapacityRegistry.flagOffBook",
    )

    @precondition(lambda self: self.world.market.leases)
    @rule(data=st.data(), is_strange=st.sampled_from([False] * 4 + [True]))
    def contest(self, data: st.DataObject, is_strange: bool) -> None:
        """An hour of a lease, or one beside it: to come, reported, final or decided long ago."""
        lease_id, owner = self.draw_lease(data)
        lease = self.world.market.lease_of(lease_id)
        last = max(lease.start, min(lease.stop, self.pair.hour))
        hour = data.draw(st.integers(lease.start - 1, last))
        self._contest(self.stage.stranger if is_strange else owner, lease_id, hour)

    @rule(data=st.data(), hours=st.integers(1, 8), up=ups, times=st.integers(1, 3))
    def contest_what_was_reported(
        self, data: st.DataObject, hours: int, up: int, times: int
    ) -> None:
        """Hours pass and are reported; before they are final, owners contest them, some twice."""
        self.pair.wait(hours * HOUR)
        self.report_up(up)
        for _ in range(times):
            if found := self._contestable():
                self._contest(*data.draw(st.sampled_from(found)))

    @precondition(lambda self: self.world.contests.open)
    @rule(
        data=st.data(),
        part=findings,
        edge=st.integers(-1, 1),
        spare=st.integers(-1, 5),
        signers=st.sampled_from([0, 0, 0, -1, 1]),
        wrong=st.sampled_from([0, 0, 0, 1]),
    )
    def recount(
        self, data: st.DataObject, part: int, edge: int, spare: int, signers: int, wrong: int
    ) -> None:
        """Of an open contest; to the unit around a part of what was reported,
        with one signer too few or too many, a sample that contradicts itself, or another hour."""
        cluster_id, hour = self._draw_contest(data)
        reported = self.world.contests.open[cluster_id, hour].available
        available = max(0, reported * part // Q + edge)
        sample = Sample(cluster_id, hour + wrong, max(0, available + spare), available, part)
        present, needed = self.pair.present, len(self.pair.supermajority)
        self.pair.step("Contests.recount", *self.pair.recount(sample, present[: needed + signers]))

    @precondition(lambda self: self.world.contests.open)
    @rule(data=st.data(), late=st.sampled_from([None, -1, 0, 0]))
    def close_contest(self, data: st.DataObject, late: int | None) -> None:
        """At once, or at the very second from which it can be."""
        cluster_id, hour = self._draw_contest(data)
        closable_at = self.world.contests.open[cluster_id, hour].closable_at
        if late is not None and not self.world.registry.paused:
            left = closable_at - self.world.registry.clock() + late
            if left > 1:
                self.pair.wait(left - 1)
        self._close(cluster_id, hour)

    @rule(
        data=st.data(),
        hours=st.integers(1, 5),
        part=findings,
        is_silent=st.sampled_from([False, False, True]),
    )
    def contest_and_settle(
        self, data: st.DataObject, hours: int, part: int, is_silent: bool
    ) -> None:
        """From the report to the refund: a contested hour, and those after it, wait for it."""
        self.contest_what_was_reported(data, hours, Q, 1)
        for key, contest in sorted(self.world.contests.open.items()):
            if is_silent:
                if not self.world.registry.paused:
                    self.pair.wait(SILENCE)
                self._close(*key)
            else:
                available = contest.available * part // Q
                sample = Sample(*key, available, available)
                self.pair.step(
                    "Contests.recount", *self.pair.recount(sample, self.pair.supermajority)
                )
        self.pair.wait(24 * HOUR)
        for lease_id in sorted(self.world.market.leases):
            self.settle_lease(lease_id)

    @rule(back=st.integers(-1, 30), measured=parts, is_reported=st.booleans())
    def flag_off_book(self, back: int, measured: int, is_reported: bool) -> None:
        """An hour as it was reported, or the last one, in which so much more was measured than was
        booked, to the millionth around the tolerance."""
        hour = self._report_use(measured) if is_reported else self.pair.hour - back
        registry, asked = self.world.registry, (self.key, hour)
        sender = self.stage.stranger
        self.call(
            sender,
            self.stage.registry,
            "flagOffBook",
            asked,
            lambda: registry.flag_off_book(*asked),
        )

    def _close(self, cluster_id: int, hour: int) -> None:
        asked, contests = (cluster_id, hour), self.world.contests
        self.call(
            self.stage.relay, self.stage.contests, "close", asked, lambda: contests.close(*asked)
        )

    def _report_use(self, measured: int) -> int:
        """Report an hour, used about as much as is no alarm, or `measured`."""
        self.pair.wait(HOUR)
        hour = self.pair.hour - 1
        attested = max(1, self.world.registry.cluster_of(self.key).attested)
        covered = self.world.market.covered_at(self.key, hour)
        limit = ceil_div(covered * Q, attested * HOUR) + OFF_BOOK_TOLERANCE
        used = min(Q, limit + measured % 3 - 1) if measured % 2 else measured
        self.pair.step(
            "MetricsOracle.report", *self.pair.report([Sample(self.key, hour, 0, 0, used)])
        )
        return hour

    def _contest(self, sender: UnlockedAccount, lease_id: int, hour: int) -> None:
        contest = self.world.contests.contest
        self.act(sender, self.stage.contests, "contest", (lease_id, hour), contest)

    def _contestable(self) -> list[tuple[UnlockedAccount, int, int]]:
        """Owner, lease and hour of all that is reported and not final, contested or not."""
        clock = self.world.registry.clock()
        open_ = sorted(
            (s.sample.cluster, s.sample.hour)
            for s in self.world.oracle.ring.values()
            if s.final_at > clock
        )
        return [
            (self.pair.who(lease.owner), lease_id, hour)
            for lease_id, lease in sorted(self.world.market.leases.items())
            for cluster_id, hour in open_
            if lease.cluster_id == cluster_id and lease.start <= hour < lease.end
        ]

    def _draw_contest(self, data: st.DataObject) -> tuple[int, int]:
        return data.draw(st.sampled_from(sorted(self.world.contests.open)))
