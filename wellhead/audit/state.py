"""Rebuilt storage against the chain's: by one proof for each contract, or slot by slot."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import Any

from wellhead.audit.dump import dump_root, dumped, is_anvil
from wellhead.audit.headers import raw, readable
from wellhead.audit.replay import Finding, Findings, Replay, told
from wellhead.audit.trie import ProofError, decoded, prove, storage_root
from wellhead.audit.vouching import is_unknown
from wellhead.audit.words import keccak
from wellhead.chain.locality import is_local
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
            nodes = [raw(node) for node in answer["accountProof"]]
            leaf = prove(raw(self.header["stateRoot"]), raw(address), nodes)
            if leaf is None:
                raise ProofError("there is no such account")
            _, _, storage, code = decoded(leaf)
            account = self.known[int(address, 16)] = Account(bytes(storage), bytes(code))
            return account
        except (ProofError, LookupError, TypeError, ValueError, AttributeError) as error:
            said = str(error) if isinstance(error, ProofError) else f"not readable ({error!r})"
            expected = f"one that leads to the state root of block {int(self.block, 16)}"
            if said not in self.broken:
                self.broken.add(said)
                self.findings.add(
                    Finding("account", address, "proof", said, expected, kind="proof")
                )
            return None

    def words(self, address: int, slots: Sequence[int]) -> list[int]:
        """Words of a contract, proven; none where the node does not prove all of them."""
        at, keys = f"{address:#042x}", [f"{slot:#066x}" for slot in slots]
        if self.proves is False:
            return []
        try:
            answer = self.rpc("eth_getProof", at, keys, self.block)
        except (RpcError, NodeUnreachable):
            return []
        account = self._account(at, answer)
        if account is None:
            return []
        try:
            proofs = [[raw(node) for node in one["proof"]] for one in answer["storageProof"]]
            found = zip(slots, proofs, strict=True)
            leaves = [
                prove(account.storage, slot.to_bytes(32, "big"), each) for slot, each in found
            ]
            return [0 if one is None else int.from_bytes(decoded(one), "big") for one in leaves]
        except (ProofError, LookupError, TypeError, ValueError, AttributeError):
            return []

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
        is_possible = not any(word >> 256 for _, word in words)
        root = storage_root(words) if is_possible else b""
        agrees = proven = root == account.storage
        if not agrees:
            agrees, proven = self._explain(replay, root, account)
        return Agreement(replay.contract, replay.address, len(words), agrees, proven)

    def _explain(self, replay: Replay, root: bytes, account: Account) -> tuple[bool, bool]:
        """Why a root differs: whether the words agree all the same, and whether that is proven."""
        before = self.findings.count
        there = None if self._dump is None else self._dump.get(replay.address, {})
        if there is not None and dump_root(there) == account.storage:
            self._compare_all(replay, there)
            return self.findings.count == before, True
        self._search(replay)
        if self.findings.count > before:
            return False, True
        if self._is_local:
            return True, False
        said, expected = f"0x{account.storage.hex()}", f"0x{root.hex()}"
        self._differ(replay, "root", f"{replay.address:#042x}", said, expected)
        return False, True

    @cached_property
    def _is_local(self) -> bool:
        """Whether a root may count zeros. A live chain's may not, whatever its node says it is."""
        return is_local(self.rpc) and is_anvil(self.rpc)

    @cached_property
    def _dump(self) -> dict[int, dict[int, int]] | None:
        return dumped(self.rpc, int(self.block, 16)) if is_anvil(self.rpc) else None

    def _compare_all(self, replay: Replay, there: Mapping[int, int]) -> None:
        """Compare with all words that there are."""
        slots = list(replay.slots())
        known = {slot for slot, _, _ in slots}
        others = [(slot, 0, f"slot {slot:#066x}") for slot in there if slot not in known]
        named = [(slot, word, shown(name)) for slot, word, name in slots]
        self._name(replay, [(name, there.get(at, 0), word) for at, word, name in named + others])

    def _differ(self, replay: Replay, kind: str, where: str, said: str, expected: str) -> None:
        self.findings.add(Finding(replay.called, where, "", said, expected, kind=kind))

    def _search(self, replay: Replay) -> int:
        """Read every slot that events speak of; how many of them must not be zero."""
        return self._name(replay, self._read(replay))

    def _read(self, replay: Replay) -> Iterator[tuple[str, int, int]]:
        """Each slot's name, the word that the node says is there, and the one that events give."""
        address, slots = f"{replay.address:#042x}", iter(replay.slots())
        while part := list(islice(slots, SLOTS)):
            asked = [
                ("eth_getStorageAt", [address, f"{slot:#066x}", self.block]) for slot, _, _ in part
            ]
            with readable("eth_getStorageAt"):
                values = [int(said, 16) for said in self.rpc.batch(asked)]
            for (_, word, name), value in zip(part, values, strict=True):
                yield shown(name), value, word

    def _name(self, replay: Replay, words: Iterable[tuple[str, int, int]]) -> int:
        """Find those that differ: the first by their names, and how many more there are. How many
        must not be zero."""
        count = wrong = 0
        for name, value, word in words:
            count += word != 0
            if value != word:
                wrong += 1
                if wrong <= NAMED:
                    self._differ(replay, "storage", name, told(value), told(word))
        if wrong > NAMED:
            self._differ(replay, "more", f"{wrong - NAMED} more slots", "", "")
        return count

    def check_code(self, contract: str, name: str, address: int, code: bytes) -> None:
        """That a contract is what it must be: `code`, byte by byte."""
        said = self._code(address)
        (account,) = self.accounts([address])
        if said == code and (account is None or account.code == keccak(code)):
            return
        got = account.code if account is not None and said == code else keccak(said)
        self._wrong_code(contract, name, address, got, keccak(code))

    def check_code_hash(self, contract: str, address: int, code: str) -> None:
        """That a contract's code has this hash: as it was proven, or as the node says it."""
        account, due = self.known.get(address), bytes.fromhex(code[2:])
        got = account.code if account is not None else keccak(self._code(address))
        if got != due:
            self._wrong_code(contract, "itself", address, got, due)

    def _code(self, address: int) -> bytes:
        with readable("eth_getCode"):
            return raw(self.rpc("eth_getCode", f"{address:#042x}", self.block))

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
