"""Hypothesis profiles and the environment that anvil, solc and ape need."""

import os
from collections.abc import Iterator

import pytest

from tests.support import fuzz_profiles
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

fuzz_profiles.load()


@pytest.fixture(scope="session")
def deployed() -> Iterator[Stage]:
    """One node and one deployment for all tests of a process; nothing in it may change."""
    with Anvil(GENESIS, states=500) as anvil:
        yield build_stage(anvil)


@pytest.fixture
def stage(deployed: Stage) -> Iterator[Stage]:
    """The deployment for one test, put back afterwards."""
    with deployed.scratch():
        yield deployed
