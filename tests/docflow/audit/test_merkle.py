"""RFC 6962 trees: the eight reference leaves, every size to 66, and proofs that must not pass."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docflow.audit import merkle

# The leaves and roots that the implementations of Certificate Transparency test with.
REFERENCE = [
    bytes.fromhex(leaf)
    for leaf in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAVES = [merkle.leaf_hash(bytes([n])) for n in range(66)]


def plain_root(hashes: list[bytes]) -> bytes:
    """The root as RFC 6962 section 2.1 defines it, without any cleverness."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return merkle.node_hash(plain_root(hashes[:split]), plain_root(hashes[split:]))


def nodes(level: int, index: int) -> bytes:
    part = LEAVES[index << level : (index + 1) << level]
    assert len(part) == 1 << level, "asked for a node that is not complete"
    return plain_root(part)


def test_the_reference_roots() -> None:
    hashes = [merkle.leaf_hash(leaf) for leaf in REFERENCE]
    assert [merkle.root_over(hashes[:n]).hex() for n in range(1, 9)] == ROOTS
    assert merkle.root_over([]) == merkle.EMPTY_ROOT == hashlib.sha256(b"").digest()


@pytest.mark.parametrize("size", range(67))
def test_every_root_and_proof_of_a_tree(size: int) -> None:
    root = plain_root(LEAVES[:size])
    assert merkle.root(size, nodes) == merkle.root_over(LEAVES[:size]) == root
    for index in range(size):
        proof = merkle.inclusion_proof(index, size, nodes)
        assert merkle.verify_inclusion(LEAVES[index], index, size, proof, root)
    for old in range(1, size + 1):
        proof = merkle.consistency_proof(old, size, nodes)
        assert merkle.verify_consistency(old, size, plain_root(LEAVES[:old]), root, proof)


def wrong(proof: list[bytes]) -> list[list[bytes]]:
    """Proofs like this one, none of which may pass."""
    other = [
        [*proof, merkle.EMPTY_ROOT],
        [merkle.EMPTY_ROOT, *proof],
        [*proof, b""],
        [b"", *proof],
    ]
    if proof:
        other += [proof[:-1], proof[1:], [*proof[:-1], proof[-1][:31]]]
    for place, value in enumerate(proof):
        flipped = bytes([value[0] ^ 16]) + value[1:]
        other.append([*proof[:place], flipped, *proof[place + 1 :]])
    return other


@pytest.mark.parametrize(("index", "size"), [(0, 1), (0, 8), (5, 8), (2, 3), (1, 5), (64, 65)])
def test_an_inclusion_proof_that_was_touched_does_not_pass(index: int, size: int) -> None:
    root, leaf = plain_root(LEAVES[:size]), LEAVES[index]
    proof = merkle.inclusion_proof(index, size, nodes)
    for other in wrong(proof):
        assert not merkle.verify_inclusion(leaf, index, size, other, root)
    for place in (-1, index - 1, index + 1, index ^ 2, size):
        assert not merkle.verify_inclusion(leaf, place, size, proof, root)
    for length in (-1, 0, size * 2, size // 2):
        assert not merkle.verify_inclusion(leaf, index, length, proof, root)
    for top in (b"", merkle.EMPTY_ROOT, root[:31], leaf if size > 1 else b"x" * 32):
        assert not merkle.verify_inclusion(leaf, index, size, proof, top)
    assert not merkle.verify_inclusion(merkle.EMPTY_ROOT, index, size, proof, root)


@pytest.mark.parametrize(("old", "new"), [(1, 1), (1, 8), (6, 8), (2, 5), (4, 8), (3, 66)])
def test_a_consistency_proof_that_was_touched_does_not_pass(old: int, new: int) -> None:
    old_root, new_root = plain_root(LEAVES[:old]), plain_root(LEAVES[:new])
    proof = merkle.consistency_proof(old, new, nodes)
    for other in wrong(proof):
        assert not merkle.verify_consistency(old, new, old_root, new_root, other)
    for first in (-1, 0, old - 1, old ^ 2, new + 1):
        assert not merkle.verify_consistency(first, new, old_root, new_root, proof)
    for last in (-1, 0, new * 2, new // 2 if new > 1 else 2):
        assert not merkle.verify_consistency(old, last, old_root, new_root, proof)
    if old != new:
        assert not merkle.verify_consistency(old, new, new_root, old_root, proof)
    assert not merkle.verify_consistency(old, new, merkle.EMPTY_ROOT, new_root, proof)
    assert not merkle.verify_consistency(old, new, old_root, merkle.EMPTY_ROOT, proof)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (-1, 4), (4, 4)])
def test_what_is_not_in_the_tree_cannot_be_proven(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="not in a tree"):
        merkle.inclusion_proof(index, size, nodes)


@pytest.mark.parametrize(("old", "new"), [(0, 0), (0, 4), (5, 4), (-1, 4)])
def test_of_nothing_no_consistency_is_shown(old: int, new: int) -> None:
    with pytest.raises(ValueError, match="no consistency"):
        merkle.consistency_proof(old, new, nodes)


@given(st.data())
def test_no_other_leaf_passes_with_a_proof(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 66))
    index = data.draw(st.integers(0, size - 1))
    entry = data.draw(st.binary(max_size=40).filter(lambda value: value != bytes([index])))
    proof, root = merkle.inclusion_proof(index, size, nodes), plain_root(LEAVES[:size])
    assert not merkle.verify_inclusion(merkle.leaf_hash(entry), index, size, proof, root)
