"""Merkle trees: roots, proofs, and their verification. Pure functions over SHA-256.

A leaf is hashed with the prefix 0x00, a node with 0x01, so that neither passes for the other.
A tree of n leaves splits at the largest power of two below n.
Source: RFC 6962 section 2.1 (hashing), RFC 9162 section 2.1.3 and 2.1.4 (proofs).

A proof is a list of hashes of 32 bytes. The makers of proofs get their hashes from a `Nodes`:
`nodes(level, index)` is the hash over the leaves [index * 2^level, (index + 1) * 2^level), all of
which are there; level 0 is the leaf hashes.
"""

import hashlib
from collections.abc import Callable, Sequence

Nodes = Callable[[int, int], bytes]

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """The hash of an entry of the log."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_over(hashes: Sequence[bytes]) -> bytes:
    """The root of a tree whose leaf hashes (or nodes of one level) are `hashes`."""
    if not hashes:
        return EMPTY_ROOT
    level = list(hashes)
    while len(level) > 1:
        # An odd last one has no sibling on this level and moves up as it is.
        paired = [node_hash(a, b) for a, b in zip(level[::2], level[1::2], strict=False)]
        level = paired + (level[-1:] if len(level) % 2 else [])
    return level[0]


def root(size: int, nodes: Nodes) -> bytes:
    """The root of the tree of the first `size` leaves."""
    return _range_hash(0, size, nodes) if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, nodes: Nodes) -> list[bytes]:
    """The siblings from leaf `index` up to the root of the first `size` leaves.

    Raises ValueError unless 0 <= index < size.
    """
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size}")
    first, last, proof = 0, size, []
    while last - first > 1:
        middle = first + _split(last - first)
        if index < middle:
            proof.append(_range_hash(middle, last, nodes))
            last = middle
        else:
            proof.append(_range_hash(first, middle, nodes))
            first = middle
    return proof[::-1]


def consistency_proof(old_size: int, new_size: int, nodes: Nodes) -> list[bytes]:
    """What shows that the first `old_size` leaves of the tree are still the same.

    Raises ValueError unless 0 < old_size <= new_size: of nothing, nothing can be shown.
    """
    if not 0 < old_size <= new_size:
        raise ValueError(f"no consistency between trees of {old_size} and {new_size}")
    if old_size == new_size:
        return []
    first, last, proof, whole = 0, new_size, [], True
    while old_size != last:  # until what is left of the old tree is a subtree of the new one
        middle = first + _split(last - first)
        if old_size <= middle:
            proof.append(_range_hash(middle, last, nodes))
            last = middle
        else:
            proof.append(_range_hash(first, middle, nodes))
            first, whole = middle, False
    if not whole:
        proof.append(_range_hash(first, last, nodes))
    return proof[::-1]


def verify_inclusion(
    leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> bool:
    """Whether the leaf stands at `index` in the tree of `size` leaves with this root."""
    if not 0 <= index < size or not _are_hashes(leaf_hash, root, *proof):
        return False
    node, last, current = index, size - 1, leaf_hash
    for sibling in proof:
        if last == 0:
            return False  # the proof goes on above the root
        if node % 2 or node == last:
            current = node_hash(sibling, current)
            while not node % 2 and node:  # the right edge: levels without a sibling are skipped
                node, last = node >> 1, last >> 1
        else:
            current = node_hash(current, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and current == root


def verify_consistency(
    old_size: int, new_size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether the tree of `new_size` leaves begins with that of `old_size` leaves.

    False for an old size of 0: every tree begins with nothing, and no proof says more.
    """
    if not 0 < old_size <= new_size or not _are_hashes(old_root, new_root, *proof):
        return False
    if old_size == new_size:
        return not proof and old_root == new_root
    path = list(proof)
    if old_size & (old_size - 1) == 0:
        path.insert(0, old_root)  # a complete old tree is itself the first node of the proof
    if not path:
        return False
    node, last = old_size - 1, new_size - 1
    while node % 2:
        node, last = node >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if node % 2 or node == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not node % 2 and node:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and old == old_root and new == new_root


def _range_hash(first: int, end: int, nodes: Nodes) -> bytes:
    """The hash over the leaves [first, end), which begin where a complete subtree may begin."""
    hashes = []
    while first < end:
        level = (end - first).bit_length() - 1
        hashes.append(nodes(level, first >> level))
        first += 1 << level
    folded = hashes.pop()
    while hashes:
        folded = node_hash(hashes.pop(), folded)
    return folded


def _split(size: int) -> int:
    """The largest power of two below `size` (2 or more): where RFC 6962 splits a tree."""
    return 1 << ((size - 1).bit_length() - 1)


def _are_hashes(*values: bytes) -> bool:
    return all(len(value) == HASH_BYTES for value in values)
