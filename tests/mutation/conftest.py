"""A compiler for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.mutation.solc import Compiler
from wellhead import toolchain


@pytest.fixture(scope="session")
def compiler() -> Iterator[Compiler]:
    with Compiler(toolchain.project_root()) as compiler:
        yield compiler
