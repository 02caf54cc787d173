"""Roots, proofs and hashes: against known values, and against a node that computes them itself."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.shows import shows
from tests.support.stage import Stage
from wellhead.audit.receipts import header_hash, receipts_root
from wellhead.audit.trie import (
    EMPTY_ROOT,
    ProofError,
    decoded,
    listed,
    number,
    prove,
    root,
    storage_root,
    text,
)
from wellhead.audit.words import (
    EMPTY,
    IMPOSSIBLE,
    created,
    keccak,
    list_of,
    packed,
    signed,
    slot_of,
)

ADDRESS = 0x6AC7EA33F8831EA9DCC53393AAA88B25A785DBF0


def test_keccak() -> None:
    assert keccak(b"") == EMPTY
    assert keccak(b"abc").hex() == (
        "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"
    )
    assert keccak(b"x" * 500) != keccak(b"x" * 501)


def test_addresses_of_created_contracts() -> None:
    """The values are those that go-ethereum's tests have."""
    assert created(ADDRESS, 0) == 0xCD234A471B72BA2F1CCF0A70FCABA648A5EECD8D
    assert created(ADDRESS, 1) == 0x343C43A37D37DFF08AE8C4A11544C718ABB4FCF8
    assert created(ADDRESS, 2) == 0xF778B86FA74E846C4F0A1FBD1335FE81C00A0C91


def test_words() -> None:
    assert packed((1, 8), (2, 16), (0xFF, 8)) == 0xFF000201
    assert packed(signed(-1, 8), signed(127, 8), signed(-128, 8)) == 0x807FFF
    for wrong in ((256, 8), (-1, 8), signed(128, 8), signed(-129, 8)):
        assert packed((1, 8), wrong, (1, 8)) == IMPOSSIBLE
    assert slot_of(5, 7, 9) == slot_of(slot_of(5, 7), 9)
    assert list_of(0) == int.from_bytes(keccak(bytes(32)), "big")


@pytest.mark.parametrize(
    ("item", "encoded"),
    [
        (text(b""), "80"),
        (text(b"\x7f"), "7f"),
        (text(b"\x80"), "8180"),
        (text(b"dog"), "83646f67"),
        (text(b"a" * 56), "b838" + "61" * 56),
        (text(b"a" * 256), "b90100" + "61" * 256),
        (number(0), "80"),
        (number(1024), "820400"),
        (listed([]), "c0"),
        (listed([text(b"cat"), text(b"dog")]), "c88363617483646f67"),
        (listed([text(b"a" * 54), b"\x01"]), "f838b6" + "61" * 54 + "01"),
    ],
    ids=range(11),
)
def test_rlp(item: bytes, encoded: str) -> None:
    assert item.hex() == encoded
    decoded(item)


@shows("AUD-10")
def test_rlp_that_is_cut_short_or_goes_on_is_refused() -> None:
    whole = listed([text(b"a" * 100), text(b"dog")])
    for wrong in (whole[:-1], whole + b"\0", whole[:2], b"\xb9"):
        with pytest.raises(ProofError):
            decoded(wrong)


@shows("AUD-10")
def test_known_roots() -> None:
    assert root([]) == EMPTY_ROOT == keccak(b"\x80")
    assert root([(b"A".hex(), b"a" * 50)]).hex() == (
        "d23786fb4a010da3ce639d66d5e904a11dbc02746d1ce25029e53290cabf28ab"
    )


@shows("AUD-10")
@pytest.mark.parametrize("count", [1, 2, 3, 17, 300])
def test_storage_roots_are_the_nodes(stage: Stage, count: int) -> None:
    """Words of all sizes, at slots beside each other and far away."""
    chosen = random.Random(count)
    address = f"0x{chosen.getrandbits(160):040x}"
    words = {
        slot: max(chosen.getrandbits(chosen.choice((1, 7, 8, 64, 160, 256))), 1)
        for slot in [*range(count // 2), *(chosen.getrandbits(256) for _ in range(-(-count // 2)))]
    }
    rpc = stage.anvil.rpc
    rpc.batch(
        [
            ("anvil_setStorageAt", [address, f"{slot:#066x}", f"{word:#066x}"])
            for slot, word in words.items()
        ]
    )
    rpc("anvil_setCode", address, "0x00")
    rpc("evm_mine")
    known = next(iter(words))
    asked = [f"{known:#066x}", f"{2**255 + 1:#066x}"]
    answer = rpc("eth_getProof", address, asked, "latest")
    there, missing = answer["storageProof"]
    assert storage_root(words.items()).hex() == answer["storageHash"][2:]
    top = bytes.fromhex(answer["storageHash"][2:])
    found = prove(top, known.to_bytes(32, "big"), list(_nodes(there["proof"])))
    assert found == number(words[known])
    assert prove(top, bytes.fromhex(asked[1][2:]), list(_nodes(missing["proof"]))) is None


@shows("AUD-10")
def test_a_proof_that_was_changed_does_not_hold(stage: Stage) -> None:
    rpc, address = stage.anvil.rpc, stage.registry.address
    header = rpc("eth_getBlockByNumber", "latest", False)
    answer = rpc("eth_getProof", address, [], "latest")
    top, key = bytes.fromhex(header["stateRoot"][2:]), bytes.fromhex(address[2:])
    nodes = list(_nodes(answer["accountProof"]))
    account = prove(top, key, nodes)
    assert account is not None
    assert decoded(account)[2].hex() == answer["storageHash"][2:]
    for position, node in enumerate(nodes):
        wrong = [*nodes[:position], node[:-1] + bytes([node[-1] ^ 1]), *nodes[position + 1 :]]
        with pytest.raises(ProofError, match="not what its parent says"):
            prove(top, key, wrong)
    with pytest.raises(ProofError, match="half way"):
        prove(top, key, nodes[:-1])
    with pytest.raises(ProofError, match="half way"):
        prove(top, key, [])
    assert prove(EMPTY_ROOT, key, []) is None


@shows("AUD-8")
def test_the_nodes_blocks_and_receipts_hash_to_what_they_say(stage: Stage) -> None:
    """Every block of the stage: creations, calls that failed, none at all."""
    stage.anvil.rpc("evm_mine")
    last = stage.anvil.rpc.integer("eth_blockNumber")
    for block in range(last + 1):
        header, receipts = _block(stage, block)
        assert header_hash(header) == header["hash"]
        assert receipts_root(receipts) == header["receiptsRoot"]


@shows("AUD-8")
@pytest.mark.parametrize("field", ["status", "cumulativeGasUsed", "logsBloom", "type"])
def test_a_receipt_that_was_changed_does_not(stage: Stage, field: str) -> None:
    header, receipts = _block(stage, stage.anvil.rpc.integer("eth_blockNumber"))
    value = receipts[0][field]
    other = value[:-1] + ("0" if value[-1] != "0" else "1")
    assert receipts_root([{**receipts[0], field: other}]) != header["receiptsRoot"]


def test_receipts_of_many_kinds_have_a_root() -> None:
    """Before Byzantium with a state root, of a rollup's deposit, and more than 128 of them."""
    plain: dict[str, Any] = {"cumulativeGasUsed": "0x1", "logsBloom": "0x" + "00" * 256, "logs": []}
    kinds = [
        {**plain, "root": "0x" + "11" * 32},
        {**plain, "status": "0x1", "type": "0x0"},
        {**plain, "status": "0x1", "type": "0x2"},
        {**plain, "status": "0x1", "type": "0x7e", "depositNonce": "0x5"},
        {
            **plain,
            "status": "0x1",
            "type": "0x7e",
            "depositNonce": "0x5",
            "depositReceiptVersion": "0x1",
        },
    ]
    assert len({receipts_root([kind]) for kind in kinds}) == len(kinds)
    assert receipts_root(kinds * 60) != receipts_root(kinds * 59)


def _block(stage: Stage, block: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    header, receipts = stage.anvil.rpc.batch(
        [("eth_getBlockByNumber", [hex(block), False]), ("eth_getBlockReceipts", [hex(block)])]
    )
    return header, receipts


def _nodes(proof: list[str]) -> Iterator[bytes]:
    return (bytes.fromhex(node[2:]) for node in proof)
