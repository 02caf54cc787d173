"""What the vault has of each coin is read in the coin's own storage, by a proof."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support.audit import audit, happen, node_of, told
from tests.support.shows import shows
from tests.support.stage import Stage
from wellhead.audit.coins import slots_of
from wellhead.audit.words import keccak, slot_of


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WELLHEAD_STATE", str(tmp_path))
    return tmp_path


@shows("AUD-14")
@pytest.mark.parametrize("says", ["more", "nothing"])
def test_coins_that_the_node_makes_up_are_not_proven(stage: Stage, says: str) -> None:
    happen(stage)
    done = audit(stage)
    assert (told(done), done.coins) == ([], True)
    held = stage.cash.call("balanceOf", stage.vault.address)
    asked = stage.cash.functions["balanceOf"].encode((stage.vault.address,))

    def change(method: str, params: Sequence[Any], answer: Any) -> Any:
        if method != "eth_call" or params[0]["data"] != asked or int(answer, 16) != held:
            return answer
        return f"{held + 1 if says == 'more' else 0:#066x}"

    done = audit(stage, node_of(stage, change))
    assert not done.coins
    assert (told(done) == []) is (says == "more")


@shows("AUD-14")
@pytest.mark.parametrize("lie", ["proof", "word", "short"])
def test_a_word_of_a_coin_that_is_not_proven_is_none(stage: Stage, lie: str) -> None:
    happen(stage)

    def change(method: str, params: Sequence[Any], answer: Any) -> Any:
        if method != "eth_getProof" or not params[1]:
            return answer
        words = answer["storageProof"]
        changed = {
            "proof": [{**word, "proof": word["proof"][:-1]} for word in words],
            "word": [{**word, "proof": ["0xc0", *word["proof"][1:]]} for word in words],
            "short": words[:-1],
        }
        return {**answer, "storageProof": changed[lie]}

    done = audit(stage, node_of(stage, change))
    assert (told(done), done.coins, done.proofs) == ([], False, True)


@shows("AUD-14")
def test_without_proofs_coins_are_taken_on_the_nodes_word(stage: Stage) -> None:
    happen(stage)
    done = audit(stage, node_of(stage, unknown=["eth_getProof"]))
    assert (told(done), done.coins) == ([], False)


@shows("AUD-14")
def test_where_coins_keep_what_somebody_has() -> None:
    """As solc and Vyper hash mappings, and as OpenZeppelin and Solady say in their source."""
    holder, found = (
        0xA0B86991C6218B36C1D19D4A2E9EB0CE3606EB48,
        slots_of(0xA0B86991C6218B36C1D19D4A2E9EB0CE3606EB48),
    )
    assert len(set(found)) == len(found)
    number = int.from_bytes
    word = holder.to_bytes(32, "big")
    assert slot_of(9, holder) == number(keccak(word + (9).to_bytes(32, "big")), "big")
    name = number(keccak(b"openzeppelin.storage.ERC20"), "big") - 1
    place = number(keccak(name.to_bytes(32, "big")), "big") >> 8 << 8
    memory = bytearray(64)
    memory[0x0C:0x2C] = (0x87A211A2).to_bytes(32, "big")
    memory[0x00:0x20] = word
    expected = {
        "solc": slot_of(9, holder),
        "OpenZeppelin": slot_of(place, holder),
        "Vyper": number(keccak((7).to_bytes(32, "big") + word), "big"),
        "Solady": number(keccak(bytes(memory[0x0C:0x2C])), "big"),
    }
    assert {who for who, slot in expected.items() if slot not in found} == set()
