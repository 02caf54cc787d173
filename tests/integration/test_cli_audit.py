"""`wellhead audit` at the command line: what it prints, and how it ends."""

from __future__ import annotations

import pytest

from tests.support.cli import Command, block_number
from tests.support.shows import shows
from tests.support.stage import Stage
from wellhead.actions.auditing import archive_file
from wellhead.audit.replay import Finding
from wellhead.audit.words import slot_of
from wellhead.cli.audit_tables import sentence


@pytest.fixture
def cluster(stage: Stage) -> int:
    """A cluster with a lease."""
    found = stage.cluster(10)
    stage.lease(found, 3, stage.hour() + 1, 24)
    return found


def corrupt(stage: Stage) -> str:
    """Give the market a claim that nobody paid; the slot's name."""
    coin, market = stage.cash.address, stage.market.address
    slot = slot_of(0, int(coin, 16), int(market, 16))
    stage.anvil.rpc("anvil_setStorageAt", stage.vault.address, f"{slot:#066x}", f"{10**15:#066x}")
    stage.anvil.rpc("evm_mine")
    return f"Vault.claimOf[{coin}][{market}]"


@shows("AUD-15")
def test_it_says_what_agrees(wellhead: Command, stage: Stage, cluster: int) -> None:
    said = wellhead("audit")
    assert said.code == 0
    lines = [" ".join(line.split()) for line in said.stdout.splitlines()]
    assert "contract events slots storage" in lines
    (token,) = [line for line in lines if line.startswith(f"CapacityToken of cluster {cluster} ")]
    assert token.endswith(" agrees")
    assert "LeaseMetadata 0 0 agrees" in lines
    assert "DIFFERS" not in said.stdout
    assert "result the chain agrees with its events" in lines
    assert "storage proven as of this block: no other word of it is set" in lines
    assert "all of them, by the receipts of their blocks" in said.stdout
    assert "reading the chain's logs ..." in said.stderr


def test_its_document(wellhead: Command, stage: Stage, cluster: int) -> None:
    document = wellhead.json("audit")
    assert document["agrees"] is True
    assert document["storage_proven"] is True
    assert document["findings"] == []
    assert document["block"] == str(block_number(stage))
    assert document["blocks"] == document["blocks_vouched_for"]
    contracts = {(one["contract"], one["cluster"]): one for one in document["contracts"]}
    assert len(contracts) == 15
    token = contracts["CapacityToken", str(cluster)]
    assert token["address"] == stage.token(cluster).address
    assert int(token["events"]) > 0
    assert int(document["logs"]) == sum(int(one["events"]) for one in contracts.values())


@shows("AUD-15")
def test_what_is_wrong_ends_it_with_a_code(wellhead: Command, stage: Stage, cluster: int) -> None:
    name = corrupt(stage)
    said = wellhead("audit")
    assert said.code == 6
    text = "".join(said.stdout.split())
    assert "storagediffersin1contract" in text
    assert "1disagreement" in text
    assert f"{name}is{10**15}onchain,eventsgive" in text
    document = wellhead.json("audit", code=6)
    (found,) = document["findings"]
    assert (found["kind"], found["contract"], found["said"]) == ("storage", "Vault", str(10**15))
    assert found["message"].startswith(f"{name} is {10**15} on chain, events give ")
    assert document["agrees"] is False


def test_without_receipts_it_says_so(wellhead: Command, cluster: int) -> None:
    said = wellhead("audit", "--no-receipts")
    assert said.code == 0
    assert "taken on the node's word" in " ".join(said.stdout.split())
    assert wellhead.json("audit")["blocks_vouched_for"] == wellhead.json("audit")["blocks"]


def test_every_block_is_looked_at(wellhead: Command, stage: Stage, cluster: int) -> None:
    said = wellhead("audit", "--every-block")
    assert said.code == 0
    lines = [" ".join(line.split()) for line in said.stdout.splitlines()]
    assert "every block leads to this one by its hash, and was looked at" in lines
    assert "looking at every block ..." in said.stderr
    assert wellhead.json("audit", "--every-block")["every_block"] is True
    assert wellhead.json("audit")["every_block"] is False
    assert "--every-block needs the receipts" in wellhead.refused(
        2, "audit", "--every-block", "--no-receipts"
    )


@shows("AUD-15")
def test_an_earlier_block(wellhead: Command, stage: Stage, cluster: int) -> None:
    block = block_number(stage)
    stage.lease(cluster, 2, stage.hour() + 1, 24)
    assert wellhead.json("audit", "--to-block", block)["block"] == str(block)
    assert "has no block 99,999 yet" in wellhead.refused(4, "audit", "--to-block", 99_999)
    assert "nothing stood on the chain" in wellhead.refused(4, "audit", "--to-block", 0)


def test_a_damaged_archive_is_read_again(
    wellhead: Command, stage: Stage, cluster: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = wellhead.json("audit")
    monkeypatch.setenv("WELLHEAD_STATE", str(wellhead.folder))
    file = archive_file(stage.deployment)
    assert str(file) == before["archive"]
    file.write_bytes(b"not a database, but long enough to be taken for one" * 50)
    assert "--fresh reads everything again" in wellhead.refused(4, "audit")
    assert wellhead.json("audit", "--fresh") == before


def test_a_node_that_is_gone(wellhead: Command, cluster: int) -> None:
    wellhead.environment["WELLHEAD_RPC"] = "http://127.0.0.1:1"
    assert "no node answers" in wellhead.refused(3, "audit")


@pytest.mark.parametrize(
    ("finding", "expected"),
    [
        (
            Finding("Vault", "Moved", "amount", "7", "8", 3, 1),
            "Vault.Moved: amount is 7, what came before it gives 8",
        ),
        (
            Finding("Vault", "Moved", "event", "skipped", "no more", 3, 1),
            "Vault.Moved: skipped where no more follows",
        ),
        (
            Finding("Vault", "claimOf[1]", "", "7", "8", kind="storage"),
            "Vault.claimOf[1] is 7 on chain, events give 8",
        ),
        (
            Finding(
                "Vault", "Moved", "amount", "7 in eth_getLogs", "8 in receipts", 3, kind="logs"
            ),
            "Vault.Moved: amount is 7 in eth_getLogs, 8 in receipts",
        ),
        (
            Finding("block", "receipts", "receiptsRoot", "0x1", "0x2", 3, kind="block"),
            "the node says that the receiptsRoot is 0x1, its parts give 0x2",
        ),
        (
            Finding("block", "header", "parentHash", "0x1", "0x2", 3, kind="block"),
            "the header's parentHash is 0x1, what came before it gives 0x2",
        ),
        (
            Finding("block", "receipts", "receipts", "not readable (\x1b[2J)", "", 3, kind="block"),
            "the node's receipts: not readable (\\x1b[2J)",
        ),
        (
            Finding("Vault", "0x" + "ab" * 20, "", "0x1", "0x2", kind="root"),
            "the storage root of Vault at 0xABaBaBaBABabABabAbAbABAbABabababaBaBABaB is 0x1 on "
            "chain, events give 0x2: a word that no event tells of is set",
        ),
        (
            Finding("Vault", "3 more slots", "", "", "", kind="more"),
            "3 more slots of Vault differ",
        ),
        (
            Finding("MetricsOracle", "signers", "code at 0x1", "0x2", "0x3", kind="code"),
            "the hash of the code at 0x1 (MetricsOracle.signers) is 0x2, and should be 0x3",
        ),
        (
            Finding("account", "0x" + "ab" * 20, "proof", "cut", "a whole one", kind="proof"),
            "the node's proof for 0xABaBaBaBABabABabAbAbABAbABabababaBaBABaB is not valid: cut; "
            "needed is a whole one",
        ),
        (
            Finding("Vault", "cash", "balance", "7", "at least 8", kind="total"),
            "balance of Vault (cash): 7, needed at least 8",
        ),
    ],
    ids=lambda value: value.kind if isinstance(value, Finding) else "",
)
def test_sentences(finding: Finding, expected: str) -> None:
    assert sentence(finding) == expected
