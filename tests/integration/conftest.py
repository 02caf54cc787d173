"""What the integration tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cli import Command, command_on
from tests.support.rehearsal import Rehearsal, rehearsing
from tests.support.stage import Stage


@pytest.fixture
def wellhead(stage: Stage, tmp_path: Path) -> Command:
    """The command line, pointed at the test's chain."""
    return command_on(stage, tmp_path)


@pytest.fixture
def rehearsal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rehearsal]:
    """A node that passes for a live chain's, and everything for deploying to it."""
    with rehearsing(tmp_path, monkeypatch) as running:
        yield running
