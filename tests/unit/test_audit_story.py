"""An audit of a chain on which every event happened: all of it agrees, and whatever is changed, at
any place, is found and named."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.audit import (
    Tampered,
    as_answer,
    audit,
    decoder_of,
    every_kind,
    field_of,
    flipped,
    found_at,
    told,
    words_of,
)
from tests.support.audit_story import Story
from tests.support.shows import shows
from tests.support.stage import GENESIS, Stage, build_stage
from wellhead import toolchain
from wellhead.actions import auditing
from wellhead.actions.auditing import Audit
from wellhead.audit.archive import Archive
from wellhead.audit.blocks import Block, RawLog
from wellhead.audit.fetching import Fetcher, raw_log
from wellhead.audit.replay import Finding, Findings
from wellhead.audit.replay import told as told_value
from wellhead.audit.state import shown
from wellhead.audit.whole import Chain, Setting
from wellhead.audit.words import slot_of
from wellhead.chain import Anvil

#: What no other event and no word of storage depends on: the receipts alone vouch for these.
ONLY_LOGGED = {
    ("Authority", "OperationScheduled", "schedule"),  # when it waits no longer
    ("Authority", "RoleLabel", "label"),
    ("Authority", "RoleLabel", "roleId"),
    ("CapacityRegistry", "Attested", "evidence"),
    ("CapacityToken", "Claimed", "to"),
    ("Compliance", "CredentialRevoked", "by"),
    ("Contests", "Contested", "leaseId"),
    # So is Ended.evidence of a recount; the last contest here ends without one, and must say none.
    ("LeaseMarket", "BondPosted", "payer"),
    ("LeaseMarket", "LeaseExtended", "payer"),
    ("LeaseMarket", "SuspensionNoticed", "evidence"),
    ("MetricsOracle", "Reported", "evidence"),
    ("RevenueRouter", "PaidIn", "payer"),
    ("RevenueRouter", "Swept", "keeper"),
    ("Vault", "Deposited", "payer"),
    ("Vault", "Withdrawn", "to"),
}


class Noticed(BaseException):
    """Something was found: no need to go on."""


class First(Findings):
    """Stops at the first finding."""

    def add(self, finding: Finding) -> None:
        raise Noticed


@dataclass
class Told:
    """The story's stage, and an audit of it."""

    stage: Stage
    audit: Audit
    setting: Setting
    contracts: dict[bytes, str]
    blocks: list[tuple[Block, list[RawLog]]]
    #: The first log of every event of every contract, and the last.
    kinds: dict[tuple[str, str], RawLog]
    last: dict[tuple[str, str], RawLog]

    def rebuilt(self, changed: dict[tuple[int, int], RawLog] | None = None) -> Chain:
        """Everything from the logs, some of them changed; Noticed when anything is found."""
        chain = Chain(self.setting, First())
        for block, logs in self.blocks:
            new = [(changed or {}).get((log.block, log.position), log) for log in logs]
            chain.apply(new, block.time)
        chain.finish(self.audit.time)
        return chain


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """The story is told once; what a test does to the chain it undoes."""
    folder = tmp_path_factory.mktemp("audit")
    patch = pytest.MonkeyPatch()
    patch.setenv("WELLHEAD_STATE", str(folder))
    with Anvil(GENESIS) as anvil:
        stage = build_stage(anvil)
        Story(stage).tell()
        done = audit(stage)
        contracts = {
            one.agreement.address.to_bytes(20, "big"): one.agreement.contract
            for one in done.contracts
        }
        with Archive(done.archive) as archive:
            blocks = [(block, logs) for block, logs, _ in archive.blocks(done.block)]
            kinds, last = every_kind(archive, contracts)
        setting = auditing.setting_of(stage.deployment, done.block)
        yield Told(stage, done, setting, contracts, blocks, kinds, last)
    patch.undo()


@pytest.fixture
def copy(whole: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The archive of the audit, for one test."""
    monkeypatch.setenv("WELLHEAD_STATE", str(tmp_path))
    path = auditing.archive_file(whole.stage.deployment)
    path.parent.mkdir(parents=True)
    shutil.copy(whole.audit.archive, path)
    return path


@shows("AUD-1")
def test_all_of_it_agrees(whole: Told) -> None:
    done = whole.audit
    assert told(done) == []
    assert done.proofs
    assert done.proven == done.blocks == len(whole.blocks)
    assert done.logs == sum(len(logs) for _, logs in whole.blocks)
    assert all(one.agreement.agrees and one.agreement.proven for one in done.contracts)


@shows("AUD-1")
def test_every_event_of_every_contract_happened(whole: Told) -> None:
    lent = {"LeaseChanges", "LeaseRecords"}  # at the market, which has the same
    declared = {
        (name, entry["name"])
        for name in set(whole.contracts.values()) - lent
        for entry in toolchain.artifacts()[name]["abi"]
        if entry["type"] == "event"
    }
    never = {kind for kind in declared if kind[1] == "EIP712DomainChanged"}
    assert {kind for kind in whole.kinds if kind[0] not in lent} == declared - never


@shows("AUD-9")
def test_a_byte_that_the_disk_changed_is_named(whole: Told, copy: Path) -> None:
    """Word by word of one log of each event."""
    stage = whole.stage
    for word in range(max(map(words_of, whole.kinds.values()))):
        wrong = {
            kind: flipped(log, word) for kind, log in whole.kinds.items() if words_of(log) > word
        }
        _write(copy, list(wrong.values()))
        with Archive(copy) as archive:
            findings = Findings()
            fetcher = auditing.fetcher_of(stage.deployment, archive, receipts=True)
            fetcher.contracts = whole.contracts
            _rebuild(whole, fetcher, findings)
        for kind, log in wrong.items():
            _assert_named(findings, kind, log, word, "archive")
        _write(copy, [whole.kinds[kind] for kind in wrong])


@shows("AUD-8")
def test_a_byte_that_the_node_changed_is_named(whole: Told, copy: Path) -> None:
    """Word by word of one log of each event, in what it answers when it is asked for logs."""
    for word in range(12):
        wrong = {
            kind: flipped(log, word) for kind, log in whole.kinds.items() if words_of(log) > word
        }
        places = {(log.block, log.position): log for log in wrong.values()}

        def change(method: str, _: Any, answer: Any, places: Any = places) -> Any:
            if method != "eth_getLogs":
                return answer
            found = [(raw_log(log), log) for log in answer]
            return [
                as_answer(places.get((log.block, log.position), log), said) for log, said in found
            ]

        copy.unlink()
        with Archive(copy) as archive:
            node = Tampered(whole.stage.anvil.rpc.url, change)
            deployment = type(whole.stage.deployment)(node, whole.stage.deployment.record)
            fetcher = auditing.fetcher_of(deployment, archive, receipts=True)
            fetcher.fetch(whole.audit.block, lambda done, total: None)
            findings = Findings(archive.findings(whole.audit.block))
            kept = [logs for _, logs, _ in archive.blocks(whole.audit.block)]
        for kind, log in wrong.items():
            _assert_named(findings, kind, log, word, "logs")
        assert kept == [logs for _, logs in whole.blocks], "what receipts vouch for is kept"


@shows("AUD-5")
def test_a_changed_field_contradicts_others_or_storage(whole: Told) -> None:
    """Without receipts: but for what is logged only, every field is checked by what depends on
    it."""
    right = _state(whole.rebuilt())

    def is_noticed(log: RawLog, word: int) -> bool:
        try:
            changed = whole.rebuilt({(log.block, log.position): flipped(log, word)})
        except Noticed:
            return True
        return _state(changed) != right

    unnoticed = set()
    for (contract, event), log in whole.kinds.items():
        decoder, last = decoder_of(contract, log), whole.last[contract, event]
        for word in range(words_of(log)):
            # What later events overwrite shows in the last of them.
            is_there = words_of(last) > word and last != log
            if not is_noticed(log, word) and not (is_there and is_noticed(last, word)):
                unnoticed.add((contract, event, field_of(decoder, log, word)))
    assert unnoticed == ONLY_LOGGED


@shows("AUD-7")
def test_a_word_of_storage_that_is_wrong_is_named(whole: Told, copy: Path) -> None:
    """Several of each contract at once, and one of each that no event tells of."""
    stage, set_to, strange = whole.stage, {}, 0x5EED
    with stage.scratch():
        for replay in whole.rebuilt().contracts():
            address = f"{replay.address:#042x}"
            for slot, word, name in list(replay.slots())[:19]:
                stage.anvil.rpc("anvil_setStorageAt", address, _word(slot), _word(word ^ 1))
                set_to[replay.called, shown(name), told_value(word ^ 1)] = told_value(word)
            stage.anvil.rpc("anvil_setStorageAt", address, _word(strange), _word(7))
            set_to[replay.called, f"slot {_word(strange)}", "7"] = "0"
        stage.anvil.rpc("evm_mine")
        done = audit(stage)
    assert not any(one.agreement.agrees for one in done.contracts)
    found = {(one.contract, one.where, one.said): one.expected for one in done.findings}
    assert found == set_to
    assert {one.kind for one in done.findings} == {"storage"}
    assert "Vault.slot 0x" in "".join(told(done))


@shows("AUD-12")
def test_a_node_without_proofs_is_read_word_by_word(whole: Told, copy: Path) -> None:
    stage = whole.stage
    node = Tampered(stage.anvil.rpc.url, unknown={"eth_getProof"})
    done = audit(stage, node)
    assert told(done) == []
    assert not done.proofs
    assert all(one.agreement.agrees for one in done.contracts)
    claim = slot_of(0, int(stage.cash.address, 16), int(stage.operator.address, 16))
    with stage.scratch():
        stage.anvil.rpc("anvil_setStorageAt", stage.vault.address, _word(claim), _word(7))
        stage.anvil.rpc("evm_mine")
        (found,) = audit(stage, node).findings
    name = f"claimOf[{stage.cash.address}][{stage.operator.address}]"
    assert (found.where, found.said) == (name, "7")


def _word(value: int) -> str:
    return f"{value:#066x}"


def _state(chain: Chain) -> tuple[dict[tuple[int, int], int], list[tuple[int, bytes]]]:
    """All words, and who signs and signed."""
    words = {
        (replay.address, slot): word
        for replay in chain.contracts()
        for slot, word, _ in replay.slots()
        if word
    }
    return words, list(chain.oracle.signer_contracts())


def _rebuild(whole: Told, fetcher: Fetcher, findings: Findings) -> None:
    header = auditing.head_of(fetcher.rpc, whole.audit.block)
    auditing.rebuild(whole.setting, fetcher, findings, header, lambda done, total: None)


def _assert_named(
    findings: Findings, kind: tuple[str, str], log: RawLog, word: int, where: str
) -> None:
    """The event and, where it can be read all the same, the field."""
    found = found_at(findings.found, log, where)
    assert found, f"{kind} word {word}: nothing was found"
    field = field_of(decoder_of(kind[0], log), log, word)
    whats = {one.what for one in found}
    assert {(one.contract, one.where) for one in found} == {kind}
    assert field is None or whats in ({field}, {"topics"}, {"data"}), (kind, word, whats)


def _write(path: Path, logs: list[RawLog]) -> None:
    """Behind the archive's back."""
    with closing(sqlite3.connect(path)) as database, database:
        database.executemany(
            "UPDATE logs SET topics = ?, data = ? WHERE block = ? AND position = ?",
            [(log.topics, log.data, log.block, log.position) for log in logs],
        )
