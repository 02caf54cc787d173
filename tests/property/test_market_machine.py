"""Everybody does anything, in any order, on chain and model; both agree after every step.

Invariants 1 to 5, 7 and 8, what 9 says of contests, 11, and the default clock of docs/model.md are
checked on the model, which equals the chain. One machine draws from all rules; the others from
those of one subject, so that these come often.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, run_state_machine_as_test

from tests.property.machine.approvals import ApprovalRules
from tests.property.machine.base import HORIZON, Machine, TimeRules, ups
from tests.property.machine.bonds import BondRules
from tests.property.machine.clusters import ClusterRules
from tests.property.machine.compliance import ComplianceRules
from tests.property.machine.contests import ContestRules
from tests.property.machine.leases import LeaseRules
from tests.property.machine.lifecycle import LifecycleRules
from tests.property.machine.mints import MintRules
from tests.property.machine.money import MoneyRules
from tests.property.machine.payments import PaymentRules
from tests.property.machine.reporters import ReporterRules
from tests.property.machine.reports import ReportRules
from tests.property.machine.resale import ResaleRules
from tests.property.machine.roles import RoleRules
from tests.property.machine.shares import ShareRules
from tests.property.machine.strangers import StrangerRules
from tests.property.machine.supply import SupplyRules
from tests.property.machine.sweeps import AtDesk, SweepRules
from tests.property.machine.vault import VaultRules
from tests.support.shows import shows
from tests.support.stage import MAX, USD, Q, Stage, Terms
from tests.support.sweeps import BITCOIN, Desk, desk_on


class Begun(AtDesk):
    """A cluster of any terms, with two leases and some final hours."""

    @initialize(
        units=st.integers(1, 2000),
        minute=st.integers(0, 3599),
        penalty=st.sampled_from([0, Q // 2, Q, 10 * Q]),
        shares=st.sampled_from(
            [(300_000, 50_000, 200_000), (333_333, 333_333, 333_334), (0, 0, 0)]
        ),
        speed=st.sampled_from([0, 10_000, Q]),
        deal=st.sampled_from([(150_000, 50_000), (0, 0), (0, Q), (333_333, 0)]),
        bond=st.sampled_from([0, 0, 3, USD, 1000 * USD]),
        up=ups,
    )
    def begin(
        self,
        units: int,
        minute: int,
        penalty: int,
        shares: tuple[int, int, int],
        speed: int,
        deal: tuple[int, int],
        bond: int,
        up: int,
    ) -> None:
        operator, reporters, bitcoin = shares
        terms = Terms(
            max_hours=96,
            horizon_hours=HORIZON,
            discount=deal[0],
            discount_hours=48,
            cancel_fee=deal[1],
            bond=bond,
            penalty=penalty,
            speed=speed,
            operator_share=operator,
            reporter_share=reporters,
            bitcoin_share=bitcoin,
        )
        self.start(terms, units, minute)
        self.begin_to_sweep()
        self.post(units * bond)
        self.give_tokens(5, Q // 3)
        self.give_tokens(6, Q // 2)
        self.open_lease(0, units // 3, 0, 96, MAX)
        self.open_lease(1, units // 2, 0, 60, MAX)
        self.live_hours(1, up)
        self.accrue()
        self.pair.compare()  # with the cursor right behind the first, partial hour
        self.live_hours(15, up)
        self.distribute()


class MarketMachine(
    Begun,
    TimeRules,
    LifecycleRules,
    ResaleRules,
    ApprovalRules,
    PaymentRules,
    ClusterRules,
    BondRules,
    ReportRules,
    ContestRules,
    ReporterRules,
    SupplyRules,
    MintRules,
    MoneyRules,
    ShareRules,
    SweepRules,
    VaultRules,
    ComplianceRules,
    RoleRules,
    StrangerRules,
):
    """All rules; in the end the audit rebuilds what there is."""

    is_audited = True


class LeaseMachine(Begun, TimeRules, LeaseRules, ReportRules, SupplyRules, MoneyRules):
    """Plain leases, supply and money."""


class LifecycleMachine(Begun, TimeRules, LifecycleRules, ResaleRules):
    """What becomes of leases."""


class BondMachine(Begun, TimeRules, LifecycleRules, BondRules):
    """Outages, bonds and defaults."""


class ContestMachine(Begun, TimeRules, ContestRules, ReporterRules, SupplyRules):
    """Contests, recounts, and who counts."""


class HolderMachine(
    Begun, TimeRules, SupplyRules, MoneyRules, ShareRules, SweepRules, ComplianceRules
):
    """Who holds tokens, and what they earn."""


class MintMachine(Begun, TimeRules, LifecycleRules, SupplyRules, MintRules, SweepRules):
    """Units come while revenue waits and vests; what cancellations earn waits and vests too."""


class PaymentMachine(
    Begun, TimeRules, ResaleRules, ReportRules, ApprovalRules, PaymentRules, VaultRules
):
    """Money on its way in and out, and leases in other hands."""


class NeighbourMachine(Begun, TimeRules, ClusterRules, BondRules, ContestRules, SupplyRules):
    """Several clusters with the same people."""

    is_audited = True


class OfficeMachine(Begun, TimeRules, RoleRules, StrangerRules, ComplianceRules, ReporterRules):
    """Who may do what, and who may not."""


MACHINES: list[type[Begun]] = [
    MarketMachine,
    LeaseMachine,
    LifecycleMachine,
    BondMachine,
    ContestMachine,
    HolderMachine,
    MintMachine,
    PaymentMachine,
    NeighbourMachine,
    OfficeMachine,
]


@pytest.fixture(scope="module")
def desk(deployed: Stage) -> Iterator[Desk]:
    """A pool with a thousand bitcoin, at which the market sweeps."""
    with deployed.scratch():
        desk = desk_on(deployed)
        desk.fill(1000 * BITCOIN)
        yield desk


@shows("CAL-2", "APART-2")
@pytest.mark.property
@pytest.mark.parametrize("machine", MACHINES)
def test_chain_and_model_agree_whatever_happens(desk: Desk, machine: type[Begun]) -> None:
    machine.stage, machine.desk = desk.stage, desk
    run_state_machine_as_test(machine, settings=_fewer(machine))


def _fewer(machine: type[Machine]) -> settings:
    """The machines share the examples of one."""
    active = settings.default or settings()
    part = 4 if machine is MarketMachine else 7
    return settings(active, max_examples=active.max_examples // part)
