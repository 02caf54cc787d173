"""The page of invariants and the tests are in step: what it names exists, and says that it is it.

Reads the page and the sources; runs nothing of them.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

from tests.unit.test_properties_access import CORE, changing

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs" / "invariants.md"
#: Where the model's checks are, which the machines make after every step.
CHECKS = [ROOT / "wellhead" / "model" / f"{name}.py" for name in ("distributions", "invariants")]
LEAST = 150
TWELVE = range(1, 13)

_ID = r"[A-Z]+-[1-9]\d*"
_HEADING = re.compile(rf"### ({_ID}) (.+)")
_FIELDS = ("Tests", "Assumes", "Of", "Design")
_TAG = re.compile(rf"\[({_ID}(?:, {_ID})*)\]")


@dataclass
class Property:
    """As the page has it; `fields` are the lines of the list under the prose."""

    id: str
    name: str
    section: str
    prose: str = ""
    fields: dict[str, str] = field(default_factory=dict)

    def names(self, which: str) -> list[str]:
        return re.findall(r"`([^`]+)`", self.fields.get(which, ""))

    @property
    def design(self) -> set[int]:
        return {int(number) for number in re.findall(r"\d+", self.fields.get("Design", ""))}


@cache
def paragraphs() -> tuple[str, ...]:
    """Headings, paragraphs and items of lists, each in one line."""
    found: list[str] = []
    for block in PAGE.read_text("utf-8").split("\n\n"):
        items = re.split(r"\n(?=- |\d+\. )", block.strip("\n"))
        found += [" ".join(item.split()) for item in items]
    return tuple(found)


@cache
def properties() -> tuple[Property, ...]:
    found: list[Property] = []
    section = ""
    for line in paragraphs():
        heading = _HEADING.fullmatch(line)
        if line.startswith("## "):
            section = line[3:]
        elif heading:
            found.append(Property(heading[1], heading[2], section))
        elif found and section == found[-1].section:
            item = re.match(rf"- ({'|'.join(_FIELDS)}): (.+)", line)
            if item:
                found[-1].fields[item[1]] = item[2]
            else:
                found[-1].prose += line
    return tuple(found)


def functions(path: Path) -> Iterator[tuple[str, ast.FunctionDef]]:
    """Functions of a module, and methods by `Class.method`."""
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from (
                (f"{node.name}.{inner.name}", inner)
                for inner in node.body
                if isinstance(inner, ast.FunctionDef)
            )


def shown(node: ast.FunctionDef, by_docstring: bool) -> list[str]:
    """The ids that a function carries, by decorator or in its docstring."""
    said = " ".join((ast.get_docstring(node) or "").split()) if by_docstring else ""
    ids = [each for tag in _TAG.findall(said) for each in tag.split(", ")]
    for decorator in node.decorator_list:
        called = decorator.func if isinstance(decorator, ast.Call) else None
        name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        if isinstance(decorator, ast.Call) and name == "shows":
            ids += [str(ast.literal_eval(argument)) for argument in decorator.args]
    return ids


@cache
def carried() -> dict[str, list[str]]:
    """By function, as the page names it, the ids that it carries; only those that carry any."""
    found = {}
    for path in [*sorted((ROOT / "tests").rglob("*.py")), *CHECKS]:
        text = path.read_text("utf-8")
        if "shows(" not in text and not _TAG.search(" ".join(text.split())):
            continue
        is_check = path in CHECKS
        place = path.relative_to(ROOT if is_check else ROOT / "tests")
        for name, node in functions(path):
            if ids := shown(node, by_docstring=is_check or "." in name):
                found[f"{place}::{name}"] = ids
    return found


def test_ids_are_unique_and_in_order() -> None:
    """A section has one prefix of its own, and counts from one."""
    assert not [each for each, times in Counter(p.id for p in properties()).items() if times > 1]
    counts: Counter[str] = Counter()
    prefixes: dict[str, str] = {}
    for found in properties():
        prefix, _, number = found.id.partition("-")
        counts[prefix] += 1
        assert int(number) == counts[prefix], found.id
        assert prefixes.setdefault(found.section, prefix) == prefix, found.id
    assert len(set(prefixes.values())) == len(prefixes)


def test_names_are_unique_and_say_something() -> None:
    names = Counter(found.name for found in properties())
    assert max(names.values()) == 1, names.most_common(3)
    for found in properties():
        assert found.prose.endswith("."), found.id
        assert len(found.prose.split()) >= 5, found.id


def test_there_are_as_many_as_the_page_says() -> None:
    count = len(properties())
    assert count >= LEAST
    assert f" {count} properties, " in paragraphs()[1]


def test_every_property_has_tests_and_assumptions() -> None:
    for found in properties():
        assert [*found.fields] == [name for name in _FIELDS if name in found.fields], found.id
        assert {"Tests", "Assumes"} <= found.fields.keys(), found.id
        tests = found.names("Tests")
        assert tests, found.id
        assert found.fields["Tests"] == ", ".join(f"`{test}`" for test in tests), found.id
        assert len(set(tests)) == len(tests), found.id


def test_every_section_has_assumptions() -> None:
    lines = paragraphs()
    sections = {found.section for found in properties()}
    for at, line in enumerate(lines):
        if line.startswith("## ") and line[3:] in sections:
            assert lines[at + 1].startswith("Assumes: "), line


def test_every_named_test_exists_and_carries_the_property() -> None:
    for found in properties():
        for test in found.names("Tests"):
            assert found.id in carried().get(test, []), f"{found.id} is not carried by {test}"


def test_everything_that_tests_carry_is_on_the_page() -> None:
    named = {(found.id, test) for found in properties() for test in found.names("Tests")}
    says = [(each, test) for test, ids in carried().items() for each in ids]
    assert not set(says) - named
    assert len(set(says)) == len(says), "carried twice"


def test_only_what_is_run_carries_a_property() -> None:
    """A test, a machine's invariant, or a check that the machines make."""
    module = ast.parse(CHECKS[-1].read_text("utf-8"))
    made = {node.id for node in ast.walk(module) if isinstance(node, ast.Name)}
    for name in carried():
        function = name.partition("::")[2]
        method = function.partition(".")[2]
        if name.startswith("wellhead/"):
            assert function in made, f"{function} is not one of those that are made"
        else:
            assert method or function.startswith("test_"), name


@pytest.mark.parametrize("number", TWELVE)
def test_each_of_the_twelve_is_covered_as_listed(number: int) -> None:
    (line,) = (each for each in paragraphs() if each.startswith(f"{number}. "))
    listed = line.rpartition(": ")[2].split(", ")
    assert listed == [found.id for found in properties() if number in found.design]
    assert listed


def test_every_function_that_changes_anything_has_a_property() -> None:
    named = {name for found in properties() for name in found.names("Of")}
    there = {f"{name}.{each.split('(')[0]}" for name in CORE for each in changing(name)}
    assert there - named == set()
    assert named - there == set()
