"""Merkle trees over raw samples: by hand for a few leaves, by their properties for many."""

from __future__ import annotations

import pytest
from eth_utils.crypto import keccak

from wellhead.oracle.measurements import raw_path, root_of
from wellhead.oracle.merkle import EMPTY, Tree, leaf_of, root_after

LEAVES = sorted(leaf_of(bytes([number])) for number in range(40))


def parent(a: bytes, b: bytes) -> bytes:
    return keccak(min(a, b) + max(a, b))


def test_leaves_are_hashed_twice() -> None:
    assert leaf_of(b"x") == keccak(keccak(b"x"))


def test_small_trees_by_hand() -> None:
    a, b, c = LEAVES[:3]
    assert Tree([]).root == EMPTY == bytes(32)
    assert Tree([a]).root == a
    assert Tree([a, b]).root == parent(a, b)
    # The third has no sibling, and moves up as it is.
    assert Tree([a, b, c]).root == parent(parent(a, b), c)
    five = Tree(LEAVES[:5])
    upper = parent(parent(LEAVES[0], LEAVES[1]), parent(LEAVES[2], LEAVES[3]))
    assert five.root == parent(upper, LEAVES[4])


def test_a_set_has_one_root() -> None:
    assert Tree(reversed(LEAVES)).root == Tree(LEAVES + LEAVES[:7]).root == Tree(LEAVES).root
    assert len(Tree(LEAVES + LEAVES)) == len(LEAVES)


@pytest.mark.parametrize("count", range(1, len(LEAVES) + 1))
def test_every_leaf_leads_to_the_root_and_no_other_does(count: int) -> None:
    tree = Tree(LEAVES[:count])
    assert len(tree) == count
    for leaf in LEAVES[:count]:
        path = tree.path(leaf)
        assert len(path) <= (count - 1).bit_length()
        assert root_after(leaf, path) == tree.root
        assert root_after(leaf_of(b"other"), path) != tree.root
    with pytest.raises(ValueError, match="is not in list"):
        tree.path(leaf_of(b"other"))


def test_the_root_and_the_path_of_raw_samples() -> None:
    lines = [b'{"a":1}', b'{"a":2}', b'{"a":3}']
    root = root_of(lines)
    for line in lines:
        assert root_after(leaf_of(line), raw_path(lines, line)) == root
    # What is inside the tree is no raw sample: a leaf is a hash of a hash.
    assert root_after(leaf_of(lines[0] + lines[1]), []) != root
    assert root_of(lines[:2]) != root
