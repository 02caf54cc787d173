"""ERC-165 and ERC-7572 on the capacity token, sentence by sentence; each test says which."""

from __future__ import annotations

import json
from base64 import b64decode
from functools import reduce
from operator import xor

import pytest
from eth_utils.crypto import keccak

from tests.support.shares import Share, set_up
from tests.support.shows import shows
from tests.support.stage import UNIT, Stage

#: The functions of every interface that the token says it has.
INTERFACES = {
    "ERC-165": ["supportsInterface(bytes4)"],
    "ERC-20": [
        "totalSupply()",
        "balanceOf(address)",
        "transfer(address,uint256)",
        "allowance(address,address)",
        "approve(address,uint256)",
        "transferFrom(address,address,uint256)",
    ],
    "ERC-20 metadata": ["name()", "symbol()", "decimals()"],
    "ERC-2612": [
        "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)",
        "nonces(address)",
        "DOMAIN_SEPARATOR()",
    ],
    "ERC-5267": ["eip712Domain()"],
    "ERC-7572": ["contractURI()"],
    "ERC-7943": [
        "forcedTransfer(address,address,uint256)",
        "setFrozenTokens(address,uint256)",
        "canSend(address)",
        "canReceive(address)",
        "getFrozenTokens(address)",
        "canTransfer(address,address,uint256)",
    ],
}


@pytest.fixture
def share(stage: Stage) -> Share:
    return set_up(stage)


def interface_id(functions: list[str]) -> bytes:
    """The interface identifier is the XOR of all function selectors in the interface."""
    selectors = (int.from_bytes(keccak(text=function)[:4], "big") for function in functions)
    return reduce(xor, selectors).to_bytes(4, "big")


@shows("TOK-12")
def test_the_identifiers_of_the_standards() -> None:
    """ERC-165: `0x01ffc9a7`. ERC-7943: `0x3edbb4c4` for the fungible interface."""
    assert interface_id(INTERFACES["ERC-165"]).hex() == "01ffc9a7"
    assert interface_id(INTERFACES["ERC-7943"]).hex() == "3edbb4c4"


@shows("TOK-12")
@pytest.mark.parametrize("standard", INTERFACES)
def test_interfaces_that_are_there(share: Share, standard: str) -> None:
    """ERC-165: `true` for any other interfaceID this contract implements. ERC-7943: the contract
    MUST return true for the interfaceId."""
    assert share.token.call("supportsInterface", interface_id(INTERFACES[standard])) is True
    selectors = {keccak(text=function)[:4] for function in INTERFACES[standard]}
    assert selectors <= {function.selector for function in share.token.functions.values()}


@shows("TOK-12")
@pytest.mark.parametrize(
    "interface", ["ffffffff", "00000000", "bf1ef5fe", "41c4fbad", "80ac58cd", "d9b67a26"]
)
def test_interfaces_that_are_not_there(share: Share, interface: str) -> None:
    """ERC-165: `false` when interfaceID is 0xffffffff; `false` for any other: ERC-7943 for ERC-721
    and for ERC-1155, ERC-721, ERC-1155."""
    assert share.token.call("supportsInterface", bytes.fromhex(interface)) is False


def test_the_answer_is_cheap(share: Share) -> None:
    """ERC-165: this function must return a bool and use at most 30,000 gas."""
    asked = share.token.functions["supportsInterface"]
    for interface in [*map(interface_id, INTERFACES.values()), b"\xff" * 4]:
        call = {"to": share.token.address, "data": asked.encode([interface])}
        # What the call itself costs is 21,000 and its data; the answer, one word, comes within.
        answer = share.stage.anvil.rpc("eth_call", {**call, "gas": hex(21_000 + 30_000)}, "latest")
        assert int(answer, 16) in (0, 1)
        assert len(answer) == 2 + 64


def test_the_document(share: Share) -> None:
    """ERC-7572: the contract MUST implement contractURI; the schema for the JSON MUST conform: an
    object with a name, and texts for symbol, description and image; a URI for the image."""
    share.mint(share.holders[0], UNIT)
    kind, body = share.token.call("contractURI").split(",", 1)
    assert kind in ("data:application/json;base64", "data:application/json;utf8")
    document = json.loads(b64decode(body) if kind.endswith("base64") else body)
    assert (document["name"], document["symbol"]) == (share.name, share.token.call("symbol"))
    for key in ("name", "symbol", "description", "image", "external_link"):
        assert isinstance(document.get(key, ""), str)
    assert document["image"].startswith("data:image/")


def test_updates_of_the_document(share: Share) -> None:
    """ERC-7572: the ContractURIUpdated() event SHOULD be emitted on updates to the contract
    metadata: whenever the number of units changes."""
    holder = share.holders[0]
    for receipt in (share.mint(holder, 2 * UNIT), share.burn(holder, UNIT)):
        assert receipt.event("ContractURIUpdated").arguments == {}
        assert receipt.event("ContractURIUpdated").address == share.token.address
