"""Hypothesis profiles and the environment that anvil, solc and ape need."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.support.exercised import (  # noqa: F401  (hooks)
    pytest_addoption,
    pytest_configure,
    pytest_sessionfinish,
    pytest_testnodedown,
)
from tests.support.stage import GENESIS, Stage, build_stage
from wellhead import toolchain
from wellhead.chain import Anvil

os.environ.update(toolchain.environment())

# What every change runs finds the same everywhere; `make fuzz` looks further. All is set, because
# hypothesis' own "ci" profile would change some of it under CI.
settings.register_profile(
    "pr",
    deadline=None,
    print_blob=True,
    derandomize=True,
    database=None,
    max_examples=50,
    stateful_step_count=25,
    phases=(Phase.explicit, Phase.generate),  # shrinking on a chain is slow
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "fuzz",
    settings.get_profile("pr"),
    derandomize=False,
    max_examples=1000,
    stateful_step_count=50,
    phases=tuple(Phase),
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "pr"))


@pytest.fixture(scope="session")
def deployed() -> Iterator[Stage]:
    """One node and one deployment for all tests of a process; nothing in it may change."""
    with Anvil(GENESIS) as anvil:
        yield build_stage(anvil)


@pytest.fixture
def stage(deployed: Stage) -> Iterator[Stage]:
    """The deployment for one test, put back afterwards."""
    with deployed.scratch():
        yield deployed
