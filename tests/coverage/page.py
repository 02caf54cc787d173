"""The table of docs/coverage.md."""

from __future__ import annotations

from collections.abc import Mapping

from tests.coverage.figures import Figures
from tests.coverage.report import markdown
from wellhead import toolchain

#: In capitals: the marks of `make docs` are in small letters.
BEGIN, END = "<!-- COVERAGE -->", "<!-- END OF COVERAGE -->"


def renew(by_file: Mapping[str, Figures]) -> None:
    """Put the figures between the page's marks."""
    page = toolchain.project_root() / "docs" / "coverage.md"
    head, rest = page.read_text("utf-8").split(BEGIN)
    _, tail = rest.split(END, 1)
    table = "\n".join(markdown(by_file))
    page.write_text(f"{head}{BEGIN}\n\n{table}\n\n{END}{tail}", "utf-8")
