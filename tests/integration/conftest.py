"""What the rehearsals share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.rehearsal import Rehearsal, rehearsing


@pytest.fixture
def rehearsal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rehearsal]:
    """A node that passes for a live chain's, and everything for deploying to it."""
    with rehearsing(tmp_path, monkeypatch) as running:
        yield running
