"""Merkle trees as OpenZeppelin's MerkleProof checks them: leaves are hashed twice, pairs of nodes
in ascending order. Leaves stand in the order of their hashes, so a set has one root."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

# The plain function: trees have many nodes, and nothing to convert.
from eth_hash.auto import keccak

EMPTY = bytes(32)


def leaf_of(content: bytes) -> bytes:
    """The leaf of some bytes."""
    return keccak(keccak(content))


class Tree:
    """The tree over distinct leaves; the root of none is zero."""

    def __init__(self, leaves: Iterable[bytes]) -> None:
        self._levels = [sorted(set(leaves))]
        while len(self._levels[-1]) > 1:
            level = self._levels[-1]
            pairs = [_parent(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
            # A node without a sibling moves up as it is.
            self._levels.append(pairs + level[len(level) // 2 * 2 :])

    @property
    def root(self) -> bytes:
        return self._levels[-1][0] if self._levels[-1] else EMPTY

    def __len__(self) -> int:
        return len(self._levels[0])

    def path(self, leaf: bytes) -> list[bytes]:
        """The siblings from a leaf up to the root; ValueError when it is not in the tree."""
        index = self._levels[0].index(leaf)
        siblings = []
        for level in self._levels[:-1]:
            other = index ^ 1
            if other < len(level):
                siblings.append(level[other])
            index //= 2
        return siblings


def root_after(leaf: bytes, path: Sequence[bytes]) -> bytes:
    """The root that a leaf and its path lead to."""
    node = leaf
    for sibling in path:
        node = _parent(node, sibling)
    return node


def _parent(a: bytes, b: bytes) -> bytes:
    return keccak(a + b if a < b else b + a)
