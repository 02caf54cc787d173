"""Rebuilt storage against the chain's: by one proof for each contract, or slot by slot."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from wellhead.audit.dump import dump_root, dumped, is_anvil
from wellhead.audit.fetching import readable
from wellhead.audit.replay import Finding, Findings, Replay, Slot, told
from wellhead.audit.trie import ProofError, decoded, prove, storage_root
from wellhead.audit.vouching import is_unknown
from wellhead.audit.words import keccak
from wellhead.chain.rpc import NodeUnreachable, Rpc, RpcError

#: Proofs and slots in one request.
PROOFS, SLOTS = 50, 1_000
#: Wrong slots of one contract that are named; more are counted.
NAMED = 20

Advance = Callable[[int, int], None]


@dataclass(frozen=True)
class Account:
    """What the state says of an address."""

    storage: bytes
    code: bytes


@dataclass(frozen=True)
class Agreement:
    """One contract's storage, rebuilt and compared: `slots` are words that are not zero, and
    `proven` says whether nothing else is set either."""

    contract: str
    address: int
    slots: int
    agrees: bool
    proven: bool


@dataclass
class State:
    """The chain's state at one block, whose header is known."""

    rpc: Rpc
    header: dict[str, Any]
    findings: Findings
    #: Whether the node proves what it says of the state; None as long as it was not asked.
    proves: bool | None = None
    #: What is wrong with proofs that do not hold; one finding speaks for all like it.
    broken: set[str] = field(default_factory=set)
    #: What was proven of each address.
    known: dict[int, Account] = field(default_factory=dict)

    @property
    def block(self) -> str:
        return str(self.header["number"])

    def accounts(self, addresses: Sequence[int]) -> list[Account | None]:
        """What stands at each address, proven; None where the node has no proofs, or a wrong one,
        which is a finding."""
        found: list[Account | None] = []
        for first in range(0, len(addresses), PROOFS):
            part = [f"{address:#042x}" for address in addresses[first : first + PROOFS]]
            found += [
                self._account(address, answer)
                for address, answer in zip(part, self._proofs(part), strict=True)
            ]
        return found

    def _proofs(self, addresses: Sequence[str]) -> list[Any]:
        """What the node gives to prove accounts: None where it knows no proofs, or takes too long
        over one, as local nodes do for much storage."""
        if self.proves is False:
            return [None] * len(addresses)
        try:
            asked = [("eth_getProof", [address, [], self.block]) for address in addresses]
            answers = self.rpc.batch(asked)
        except RpcError as error:
            if not is_unknown(error):
                raise
            self.proves = False
            return [None] * len(addresses)
        except NodeUnreachable:
            if len(addresses) == 1:
                return [None]
            return [answer for address in addresses for answer in self._proofs([address])]
        self.proves = True
        return answers

    def _account(self, address: str, answer: dict[str, Any] | None) -> Account | None:
        if answer is None:
            return None
        try:
            top = bytes.fromhex(self.header["stateRoot"][2:])
            nodes = [bytes.fromhex(node[2:]) for node in answer["accountProof"]]
            leaf = prove(top, bytes.fromhex(address[2:]), nodes)
            if leaf is None:
                raise ProofError("there is no such account")
            _, _, storage, code = decoded(leaf)
            account = self.known[int(address, 16)] = Account(bytes(storage), bytes(code))
            return account
        except (ProofError, KeyError, TypeError, ValueError, AttributeError) as error:
            said = str(error) if isinstance(error, ProofError) else f"not readable ({error!r})"
            expected = f"one that leads to the state root of block {int(self.block, 16)}"
            if said not in self.broken:
                self.broken.add(said)
                self.findings.add(
                    Finding("account", address, "proof", said, expected, kind="proof")
                )
            return None

    def compare(self, replays: Sequence[Replay], advance: Advance) -> Iterator[Agreement]:
        """Every contract's storage with what its events give."""
        accounts = self.accounts([replay.address for replay in replays])
        for number, (replay, account) in enumerate(zip(replays, accounts, strict=True)):
            advance(number, len(replays))
            yield self._compare(replay, account)

    def _compare(self, replay: Replay, account: Account | None) -> Agreement:
        if account is None:
            before = self.findings.count
            count = self._search(replay)
            agrees = self.findings.count == before
            return Agreement(replay.contract, replay.address, count, agrees, False)
        words = [(slot, word) for slot, word, _ in replay.slots() if word]
        root = storage_root(words)
        agrees = proven = root == account.storage
        if not agrees:
            agrees, proven = self._explain(replay, root, account)
        return Agreement(replay.contract, replay.address, len(words), agrees, proven)

    def _explain(self, replay: Replay, root: bytes, account: Account) -> tuple[bool, bool]:
        """Why a root differs: whether the words agree all the same, and whether that is proven."""
        before = self.findings.count
        self._search(replay)
        dump = self._dump
        if dump is not None:
            there, known = dump.get(replay.address, {}), {slot for slot, _, _ in replay.slots()}
            for slot, word in there.items():
                if word and slot not in known:
                    self._differ(replay, "storage", f"slot {slot:#066x}", told(word), "0")
            is_whole = dump_root(there) == account.storage
        elif self._is_anvil:
            return self.findings.count == before, False
        else:
            is_whole = False
        if self.findings.count > before:
            return False, True
        if is_whole:
            return True, True
        said, expected = f"0x{account.storage.hex()}", f"0x{root.hex()}"
        self._differ(replay, "root", f"{replay.address:#042x}", said, expected)
        return False, True

    @cached_property
    def _is_anvil(self) -> bool:
        return is_anvil(self.rpc)

    @cached_property
    def _dump(self) -> dict[int, dict[int, int]] | None:
        return dumped(self.rpc, int(self.block, 16)) if self._is_anvil else None

    def _differ(self, replay: Replay, kind: str, where: str, said: str, expected: str) -> None:
        self.findings.add(Finding(replay.called, where, "", said, expected, kind=kind))

    def _search(self, replay: Replay) -> int:
        """Read every slot that events speak of; how many of them must not be zero."""
        count = wrong = 0
        part: list[Slot] = []
        for slot in replay.slots():
            part.append(slot)
            count += slot[1] != 0
            if len(part) == SLOTS:
                wrong += self._read(replay, part, wrong)
                part = []
        wrong += self._read(replay, part, wrong)
        if wrong > NAMED:
            self._differ(replay, "more", f"{wrong - NAMED} more slots", "", "")
        return count

    def _read(self, replay: Replay, part: Sequence[Slot], named: int) -> int:
        address, wrong = f"{replay.address:#042x}", 0
        asked = [
            ("eth_getStorageAt", [address, f"{slot:#066x}", self.block]) for slot, _, _ in part
        ]
        with readable("eth_getStorageAt"):
            values = [int(said, 16) for said in self.rpc.batch(asked)]
        for (_, word, name), value in zip(part, values, strict=True):
            if value == word:
                continue
            wrong += 1
            if named + wrong <= NAMED:
                self._differ(replay, "storage", shown(name), told(value), told(word))
        return wrong

    def check_code(self, contract: str, name: str, address: int, code: bytes) -> None:
        """That a contract is what it must be: `code`, byte by byte."""
        said = bytes.fromhex(self.rpc("eth_getCode", f"{address:#042x}", self.block)[2:])
        (account,) = self.accounts([address])
        if said == code and (account is None or account.code == keccak(code)):
            return
        got = account.code if account is not None and said == code else keccak(said)
        self._wrong_code(contract, name, address, got, keccak(code))

    def check_code_hash(self, contract: str, address: int, code: str) -> None:
        """That a contract's proven code has this hash."""
        account = self.known.get(address)
        if account is not None and account.code != bytes.fromhex(code[2:]):
            self._wrong_code(contract, "itself", address, account.code, bytes.fromhex(code[2:]))

    def _wrong_code(self, contract: str, name: str, address: int, got: bytes, due: bytes) -> None:
        what, said, expected = f"code at {address:#042x}", f"0x{got.hex()}", f"0x{due.hex()}"
        self.findings.add(Finding(contract, name, what, said, expected, kind="code"))


def shown(name: Sequence[object]) -> str:
    """A slot's name: claimOf[0x12..][0x34..], _clock.changes[3]."""
    text = ""
    for part in name:
        if isinstance(part, int):
            text += f"[{told(part)}]"
        elif isinstance(part, str) and part.isidentifier():
            text += f".{part}" if text else part
        else:
            text += f"[{part}]"
    return text
