"""The pages: what they show is what commands say today, and what they name exists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from docs.generate import PAGES, ROOT, commands, leave_out, render
from docs.tables import command_paths
from docs.world import PageError, world
from wellhead.cli import cli

TEXTS = [*PAGES, *(ROOT / name for name in ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"))]
FOLDERS = "contracts|deployments|docs|scripts|tests|wellhead"

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_SPAN = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\[[^]]+\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def name_of(page: Path) -> str:
    return page.name


def prose(page: Path) -> str:
    """A page without its blocks."""
    return _BLOCK.sub("", page.read_text("utf-8"))


def spans(page: Path) -> list[str]:
    return _SPAN.findall(prose(page))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_what_a_page_shows_is_what_commands_say(page: Path) -> None:
    # The whole demo takes minutes; only `make docs` runs it.
    assert render(page, frozenset({"wellhead demo"})) == page.read_text("utf-8"), "run `make docs`"


def anchors(page: Path) -> set[str]:
    """The places of a page that links can name."""
    titles = _HEADING.findall(prose(page) if page.name != "commands.md" else page.read_text())
    kept = (re.sub(r"[^\w\- ]", "", title.lower()) for title in titles)
    return {title.replace(" ", "-") for title in kept}


@pytest.mark.parametrize("page", TEXTS, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    for link in _LINK.findall(prose(page)):
        if link.startswith("https://"):
            continue
        place, _, anchor = link.partition("#")
        target = (page.parent / place).resolve() if place else page
        assert target.is_relative_to(ROOT), link
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def named_commands(page: Path) -> Iterator[list[str]]:
    blocks = [text for kind, text in _BLOCK.findall(page.read_text("utf-8")) if kind == "sh"]
    for text in [*blocks, *spans(page)]:
        yield from commands(text.splitlines())


@pytest.mark.parametrize("page", TEXTS, ids=name_of)
def test_commands_and_their_options_exist(page: Path) -> None:
    for words in named_commands(page):
        command: click.Command = cli
        rest = words[1:]
        while isinstance(command, click.Group) and rest and rest[0][0] != "-":
            if rest[0].isupper():
                break  # a placeholder, as in "wellhead COMMAND --help"
            found = command.get_command(click.Context(command), rest[0])
            assert found is not None, " ".join(words)
            command, rest = found, rest[1:]
        context = click.Context(command, help_option_names=["-h", "--help"])
        known = {name for param in command.get_params(context) for name in param.opts}
        used = {word for word in rest if word.startswith("-")}
        assert used <= known, " ".join(words)


@pytest.mark.parametrize("page", TEXTS, ids=name_of)
def test_files_and_make_targets_exist(page: Path) -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for span in spans(page):
        if re.fullmatch(rf"(?:{FOLDERS})/[\w./-]*", span) and "CHAIN_ID" not in span:
            assert (ROOT / span).exists(), span
        if make := re.match(r"make (\w+)", span):
            assert make[1] in targets, span


def test_every_command_has_its_place() -> None:
    headings = set(_HEADING.findall((ROOT / "docs" / "commands.md").read_text("utf-8")))
    assert {" ".join(path) for path in command_paths()} < headings


def test_a_command_that_ends_otherwise_than_the_page_says() -> None:
    with world() as there, pytest.raises(PageError, match="ended with code 2, not 0"):
        there.run(["wellhead", "quote"])


def test_rows_are_left_out_by_their_numbers() -> None:
    shown = " #  tenant\n 1  A\n 2  B\n 3  C\n10  D\n\nsum"
    assert leave_out(shown, 2, 9) == " #  tenant\n 1  A\n ...\n10  D\n\nsum"
