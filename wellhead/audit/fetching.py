"""Reading the logs of our contracts from a node into an archive, and having them vouched for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from wellhead.actions.errors import Refusal
from wellhead.audit.archive import Archive
from wellhead.audit.blocks import Block, Place, RawLog, Read
from wellhead.audit.decode import decoders_of
from wellhead.audit.headers import (
    HEADERS,
    METHOD,
    Header,
    Reorganised,
    block_of,
    hash_of,
    header_of,
    headers_of,
    raw,
    readable,
)
from wellhead.audit.replay import Finding
from wellhead.audit.vouching import Receipts, found_between, read_by, wrong_header
from wellhead.chain.logs import PATIENCE
from wellhead.chain.rpc import NodeUnreachable, Rpc, RpcError

#: Blocks that are asked for at first and at most, and logs at which a stretch is long enough: all
#: of a stretch is in memory at once.
FIRST_SPAN, MOST_SPAN, ENOUGH = 500, 10_000, 10_000
#: Blocks' receipts in one request.
RECEIPTS = 20
TOKEN = "CapacityToken"  # noqa: S105  (a kind of contract)
#: Times that reading begins again because the chain changed meanwhile, before it gets further.
TRIES = 3

#: How far the reading is, and how far it has to go.
Advance = Callable[[int, int], None]


@dataclass
class Fetcher:
    """Reads what an archive lacks. `first` is the first block of the deployment."""

    rpc: Rpc
    archive: Archive
    registry: bytes
    contracts: dict[bytes, str]
    first: int
    receipts: Receipts | None

    def fetch(self, last: int, advance: Advance) -> None:
        """Read all blocks up to `last`, or as many as there are already."""
        begin = self._resume()
        if self._prove_late():
            begin = self._resume()
        span, failures, tries, furthest = FIRST_SPAN, 0, 0, begin
        while begin <= last:
            advance(begin - self.first, last - self.first + 1)
            end = min(begin + span - 1, last)
            try:
                count = self._stretch(begin, end)
            except Reorganised:
                tries += 1
                if tries == TRIES:
                    raise Refusal("Reorganised", block=begin) from None
                begin = self._resume()
                continue
            except (RpcError, NodeUnreachable) as error:
                failures += isinstance(error, NodeUnreachable)
                if begin == end or failures > PATIENCE:
                    raise
                span = max((end - begin + 1) // 2, 1)
                continue
            begin, failures = end + 1, 0
            if begin > furthest:
                furthest, tries = begin, 0
            if count < ENOUGH // 2:
                span = min(span * 2, MOST_SPAN)
            elif count > ENOUGH:
                span = max(span // 2, 1)

    def _resume(self) -> int:
        """The first block that is to be read, on the chain that the node has."""
        self._settle()
        self.contracts = self.contracts | dict.fromkeys(self._tokens(), TOKEN)
        place = self.archive.place
        return self.first if place is None else max(place.block + 1, self.first)

    def _tokens(self) -> set[bytes]:
        """Those that the archive's events speak of."""
        return {data[12:32] for data in self.archive.data_of(self.registry, _registered())}

    def _settle(self) -> None:
        """Cut off what the node's chain no longer has."""
        place = self.archive.place
        if place is None or self._is_there(place.block, place.hash):
            return
        below = place.block + 1
        while kept := self.archive.latest(below, HEADERS):
            for block in kept:
                if self._is_there(block.number, block.hash):
                    self.archive.cut(Place(block.number, block.hash))
                    return
            below = kept[-1].number
        self.archive.cut(None)

    def _is_there(self, block: int, hashed: bytes) -> bool:
        header = header_of(self.rpc, block)
        return header is not None and hash_of(header) == hashed

    def _stretch(self, begin: int, end: int) -> int:
        """Read the blocks [begin, end] and keep them; how many logs they have."""
        with readable("eth_getLogs"):
            return self._read(begin, end)

    def _read(self, begin: int, end: int, *, again: bool = False) -> int:
        logs, hashes = self._logs(begin, end)
        by_block: dict[int, list[RawLog]] = {}
        for log in sorted(logs):
            by_block.setdefault(log.block, []).append(log)
        headers = dict(headers_of(self.rpc, sorted({*by_block, end})))
        for number in by_block:
            if {hash_of(headers[number])} != hashes[number]:
                raise Reorganised
        reads = list(self.vouched(headers, by_block))
        tokens = self.tokens_in(reads)
        if not tokens <= self.contracts.keys():
            # The node named others, whose logs were asked for in vain. The same blocks have the
            # same tokens when they are read again.
            if again:
                raise Reorganised
            self.contracts |= dict.fromkeys(tokens, TOKEN)
            return self._read(begin, end, again=True)
        self.archive.add(reads, Place(end, hash_of(headers[end])))
        return len(logs)

    def tokens_in(self, reads: Sequence[Read]) -> set[bytes]:
        """The tokens that appear in blocks."""
        logs = (log for read in reads for log in read.logs)
        return {log.data[12:32] for log in logs if self._registers(log)}

    def _logs(self, begin: int, end: int) -> tuple[list[RawLog], dict[int, set[bytes]]]:
        """All logs of our contracts, those of tokens that appear in the stretch among them; and the
        hashes that the logs of each block name."""
        logs: dict[tuple[int, int], RawLog] = {}
        hashes: dict[int, set[bytes]] = {}
        asked, wanted = begin, list(self.contracts)
        while wanted:
            question = {
                "address": ["0x" + address.hex() for address in wanted],
                "fromBlock": hex(asked),
                "toBlock": hex(end),
            }
            about, wanted = wanted, []
            for answer in self.rpc("eth_getLogs", question):
                log = raw_log(answer)
                if answer.get("removed"):
                    raise Reorganised
                if not begin <= log.block <= end:
                    raise ValueError(f"a log of block {log.block}")
                if logs.setdefault((log.block, log.position), log) != log:
                    raise ValueError(f"two logs at one place of block {log.block}")
                hashes.setdefault(log.block, set()).add(raw(answer["blockHash"]))
                if self._registers(log):
                    token = log.data[12:32]
                    if token not in self.contracts:
                        if self.registry not in about:
                            raise ValueError("a token in an answer about tokens alone")
                        self.contracts[token] = TOKEN
                        wanted.append(token)
                        asked = min(asked, log.block) if len(wanted) > 1 else log.block
        return list(logs.values()), hashes

    def _registers(self, log: RawLog) -> bool:
        return log.address == self.registry and log.topics[:32] == _registered()

    def vouched(
        self, headers: Mapping[int, Header], by_block: Mapping[int, Sequence[RawLog]]
    ) -> Iterator[Read]:
        """Each block with its logs: where its receipts vouch for some, with those."""
        numbers = sorted(by_block)
        for first in range(0, len(numbers), RECEIPTS):
            part = [headers[number] for number in numbers[first : first + RECEIPTS]]
            answers = [None] * len(part) if self.receipts is None else self.receipts.of(part)
            for header, receipts in zip(part, answers, strict=True):
                logs = by_block[int(header["number"], 16)]
                if receipts is None:
                    yield Read(block_of(header), logs, list(wrong_header(header)))
                else:
                    yield read_by(header, receipts, self.contracts, logs)

    def _prove_late(self) -> bool:
        """Have blocks vouched for that were read without. True where some are to be read again: the
        node has other blocks now, or their receipts speak of other tokens than it did."""
        waiting = self.archive.unproven() if self.receipts is not None else []
        for first in range(0, len(waiting), HEADERS):
            part = waiting[first : first + HEADERS]
            headers = dict(headers_of(self.rpc, [block.number for block in part]))
            others = (block for block in part if hash_of(headers[block.number]) != block.hash)
            other = next(others, None)
            kept = [
                Read(block, self.archive.logs_of(block.number))
                for block in part
                if other is None or block.number < other.number
            ]
            with readable("eth_getBlockReceipts"):
                reads = list(self.vouched(headers, {read.block.number: read.logs for read in kept}))
            if self.tokens_in(reads) != self.tokens_in(kept):
                self.archive.restart(reads)
                return True
            self.archive.replace([read for read in reads if read.block.proven or read.findings])
            if other is not None:
                # Every block is looked at from here on again: this one may be made up.
                with readable(METHOD):
                    parent = raw(headers[other.number]["parentHash"])
                self.archive.cut(Place(other.number - 1, parent))
                return True
        return False

    def reread(self, block: Block, logs: Sequence[RawLog]) -> Iterator[Finding]:
        """What the disk changed of a block, by what the node says now."""
        with readable("eth_getLogs"):
            here = self._logs(block.number, block.number)[0]
        header = header_of(self.rpc, block.number) or {}
        found = list(found_between(self.contracts, logs, sorted(here), "the archive", "the node"))
        said = {"hash": "0x" + block.hash.hex(), "timestamp": hex(block.time)}
        for name, value in said.items():
            if header.get(name) != value:
                found.append(
                    Finding(
                        "block",
                        "the archive",
                        name,
                        value,
                        str(header.get(name)),
                        block.number,
                        kind="archive",
                    )
                )
        if not found:
            message = "not what was written; --fresh reads everything again"
            found.append(
                Finding("block", "the archive", "digest", message, "", block.number, kind="archive")
            )
        yield from found


def raw_log(answer: dict[str, Any]) -> RawLog:
    """A node's log as the chain has it."""
    return RawLog(
        int(answer["blockNumber"], 16),
        int(answer["logIndex"], 16),
        raw(answer["address"]),
        bytes.fromhex("".join(topic[2:] for topic in answer["topics"])),
        raw(answer["data"]),
    )


@lru_cache(maxsize=1)
def _registered() -> bytes:
    """The first topic of the event with which a token appears."""
    events = decoders_of("CapacityRegistry").items()
    return next(topic for topic, decoder in events if decoder.name == "ClusterRegistered")
