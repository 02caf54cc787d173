"""Looking at every block, so that a node can hide none with logs of ours, and make none up.

Each header names the one before it by its hash: so the hash of the last one vouches for all of
them. A header's bloom has the bits of every address with a log in its block: where ours are
missing, there is none. Where they are there, the receipts say whether it is by chance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from wellhead.audit.blocks import Block, Place
from wellhead.audit.fetching import TOKEN, Fetcher
from wellhead.audit.headers import (
    HEADERS,
    Header,
    Reorganised,
    bloom_of,
    hash_of,
    headers_of,
    raw,
    readable,
)
from wellhead.audit.replay import Finding, Findings
from wellhead.audit.vouching import wrong_header

Advance = Callable[[int, int], None]


@dataclass
class Linker:
    """Goes through the blocks that a fetcher has read."""

    fetcher: Fetcher
    findings: Findings

    def link(self, top: Header, advance: Advance) -> bool:
        """Look at every block up to `top`, or go on where that was stopped. Whether all of them are
        linked to it; where not, it was found why. Reorganised where the chain is another one by
        now, or where logs are to be read of contracts that nobody knew of."""
        first, last = self.fetcher.first, int(top["number"], 16)
        before = self.fetcher.archive.linked
        begin = first if before is None else before.block + 1
        for start in range(begin, last + 1, HEADERS):
            advance(start - first, last - first + 1)
            headers = list(self._linked(range(start, min(start + HEADERS, last + 1)), before))
            if not headers:
                return False
            before = Place(int(headers[-1]["number"], 16), hash_of(headers[-1]))
            self._look_at(headers, before)
            if before.block < min(start + HEADERS - 1, last):
                return False
        return before is not None and self._leads_to(top, before)

    def _linked(self, numbers: Sequence[int], before: Place | None) -> Iterator[Header]:
        """Headers that are what their hashes are of and name each other; up to the first that is
        not, which is a finding."""
        kept = self.fetcher.archive.between(numbers[0], numbers[-1])
        for number, header in headers_of(self.fetcher.rpc, numbers):
            wrong = list(wrong_header(header))
            if not wrong and before is not None:
                wrong += self._wrong_parent(header, before)
            if not wrong and number in kept:
                wrong += self._wrong_bloom(header, kept[number])
            for finding in wrong:
                self.findings.add(finding)
            if wrong:
                return
            before = Place(number, hash_of(header))
            yield header

    def _wrong_parent(self, header: Header, before: Place) -> Iterator[Finding]:
        """Where a header names another one than that before it."""
        if raw(header["parentHash"]) == before.hash:
            return
        ((_, parent),) = headers_of(self.fetcher.rpc, [before.block])
        if hash_of(parent) != before.hash:
            # What was looked at is of another chain, be it for longer than what was read.
            self.fetcher.archive.unlink()
            raise Reorganised
        said, due = header["parentHash"], "0x" + before.hash.hex()
        block = before.block + 1
        yield Finding("block", "header", "parentHash", said, due, block, kind="block")

    def _wrong_bloom(self, header: Header, block: Block) -> Iterator[Finding]:
        """Where a block's bloom has nothing of a log that was read. Reorganised where that was read
        in another block."""
        archive, bloom = self.fetcher.archive, int(header["logsBloom"], 16)
        if block.hash != hash_of(header):
            archive.cut(Place(block.number - 1, raw(header["parentHash"])))
            raise Reorganised
        for log in archive.logs_of(block.number):
            mask = bloom_of(log.address)
            if bloom & mask != mask:
                said = f"without 0x{log.address.hex()}"
                yield Finding(
                    "block", "header", "logsBloom", said, "with it", block.number, kind="block"
                )

    def _look_at(self, headers: Sequence[Header], place: Place) -> None:
        """Read what the node may have hidden in these blocks, and note that they were looked at."""
        archive, masks = self.fetcher.archive, list(map(bloom_of, self.fetcher.contracts))
        kept = archive.between(int(headers[0]["number"], 16), place.block)
        asked: dict[int, Header] = {}
        for header in headers:
            number, bloom = int(header["number"], 16), int(header["logsBloom"], 16)
            if number not in kept and any(bloom & mask == mask for mask in masks):
                asked[number] = header
        with readable("eth_getBlockReceipts"):
            reads = list(self.fetcher.vouched(asked, dict.fromkeys(asked, ())))
        tokens = self.fetcher.tokens_in(reads) - self.fetcher.contracts.keys()
        if tokens:
            self.fetcher.contracts |= dict.fromkeys(tokens, TOKEN)
            archive.restart(reads)
            raise Reorganised
        archive.link(reads, place)

    def _leads_to(self, top: Header, place: Place) -> bool:
        """Whether the blocks that were looked at are those before `top`, or go on behind it."""
        last = int(top["number"], 16)
        if place.block == last:
            if place.hash != hash_of(top):
                raise Reorganised
            return True
        above = Place(last, hash_of(top))
        for start in range(last + 1, place.block + 1, HEADERS):
            numbers = range(start, min(start + HEADERS, place.block + 1))
            headers = list(self._linked(numbers, above))
            if len(headers) < len(numbers):
                return False
            above = Place(numbers[-1], hash_of(headers[-1]))
        if above != place:
            raise Reorganised
        return True
