"""Holders, issuers, officers and the router do anything, in any order, on chain and in the model;
both agree after every step, and invariants 2, 3, 5, 10 and 11 hold on the chain itself.

One machine draws from all rules; the others from fewer, so that these come often.
"""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.property.tokens.base import TokenMachine
from tests.property.tokens.holders import HolderRules
from tests.property.tokens.money import MoneyRules
from tests.property.tokens.officers import OfficerRules
from tests.property.tokens.supply import SupplyRules, TimeRules
from tests.support.shows import shows
from tests.support.stage import Stage


class AllRules(HolderRules, OfficerRules, MoneyRules, SupplyRules, TimeRules):
    """All rules."""


class HoldersAndMoney(HolderRules, MoneyRules, TimeRules):
    """Who may hold, and how much there is, does not change."""


class HoldersAndOfficers(HolderRules, OfficerRules, TimeRules):
    """What is there changes hands, or may not."""


MACHINES = [AllRules, HoldersAndMoney, HoldersAndOfficers]


@shows("APART-2")
@pytest.mark.property
@pytest.mark.parametrize("machine", MACHINES)
def test_chain_and_model_agree_whatever_happens(
    deployed: Stage, machine: type[TokenMachine]
) -> None:
    machine.stage = deployed
    active = settings.default or settings()
    fewer = settings(active, max_examples=active.max_examples // 4)
    run_state_machine_as_test(machine, settings=fewer)
