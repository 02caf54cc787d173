"""What TestCard writes: documents, and cards with the places of their texts."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import astuple, dataclass
from typing import Any

from eth_abi.abi import decode, encode

from tests.support.faces import Face
from wellhead.chain import Anvil, Contract, UnlockedAccount, dev_account
from wellhead.chain.contract import deploy_contract

#: The picture's size, and the namespace of its elements.
WIDTH, HEIGHT = 480, 300
SVG = "{http://www.w3.org/2000/svg}"


@dataclass(frozen=True)
class Writer:
    """A TestCard. What it writes is decoded strictly, so all of it is UTF-8."""

    contract: Contract

    @classmethod
    def deploy(cls, anvil: Anvil) -> Writer:
        deployer = UnlockedAccount(dev_account(0).address)
        return cls(deploy_contract(anvil.rpc, "TestCard", [], deployer)[0])

    def json(self, face: Face) -> str:
        return self._write("json", face)

    def svg(self, face: Face) -> str:
        return self._write("svg", face)

    def text(self, function: str, *arguments: Any) -> str:
        """Ask a function that takes and gives one text, beside numbers."""
        (told,) = ask(self.contract, function, *arguments)
        return bytes(told).decode("utf-8")

    def fit(self, text: bytes, room: int, most: int, least: int) -> tuple[bytes, int]:
        """What of a text has room, and its size in tenths of a point."""
        fitted, size = ask(self.contract, "fit", text, room, most, least)
        return fitted, size

    def widths(self) -> dict[str, int]:
        """How wide characters are taken to be, hundredths of an em; é stands for all others."""
        found = {}
        for character in [*map(chr, range(32, 127)), "é"]:
            _, size = self.fit(character.encode(), 10_000, 10**9, 1)
            found[character] = 10_000_000 // size
        return found

    def _write(self, function: str, face: Face) -> str:
        return self.text(function, astuple(face))


def ask(contract: Contract, function: str, *arguments: Any) -> tuple[Any, ...]:
    """Call with bytes in the place of every text, and get bytes: they are encoded alike."""
    asked = contract.functions[function]
    inputs = [kind.replace("string", "bytes") for kind in asked.inputs]
    data = asked.selector + encode(inputs, arguments)
    body = {"to": contract.address, "data": "0x" + data.hex()}
    answer = bytes.fromhex(contract.rpc("eth_call", body, "latest")[2:])
    return decode([kind.replace("string", "bytes") for kind in asked.outputs], answer)


@dataclass(frozen=True)
class Line:
    """A line of text in the picture, and the part of it that it can be seen in, points."""

    text: str
    size: float
    classes: frozenset[str]
    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: Line) -> bool:
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom


def parse(text: str) -> ET.Element:
    """A document whose texts are somebody else's: that they come out as texts is what is tested,
    and without a document type none of them can be expanded to anything."""
    assert "<!" not in text
    return ET.fromstring(text)  # noqa: S314


def lines(svg: str, widths: dict[str, int]) -> list[Line]:
    """All lines of text: those in a window are seen in it only, the others are as long as their
    characters, hundredths of an em each, and as high as letters are."""
    found = []
    for element in parse(svg):
        if element.tag == SVG + "svg":
            x, y, width, height = (float(element.attrib[k]) for k in ("x", "y", "width", "height"))
            (text,) = element
            found.append(_line(text, x, y, x + width, y + height))
        elif element.tag == SVG + "text":
            size = float(element.attrib["font-size"])
            classes = element.attrib["class"].split()
            spacing = 1 if "k" in classes else 0
            # The table's characters are bold ones; others are a tenth narrower.
            bold = 1.0 if {"b", "k"} & set(classes) else 0.9
            content = "".join(element.itertext())
            width = sum(size * widths.get(c, widths["é"]) / 100 * bold + spacing for c in content)
            x, y = float(element.attrib["x"]), float(element.attrib["y"])
            left = {"n": x - width, "p": x - width / 2}.get(classes[-1], x)
            found.append(_line(element, left, y - 0.95 * size, left + width, y + 0.25 * size))
    return found


def _line(text: ET.Element, left: float, top: float, right: float, bottom: float) -> Line:
    classes = frozenset(text.attrib["class"].split())
    size = float(text.attrib["font-size"])
    return Line("".join(text.itertext()), size, classes, left, top, right, bottom)
