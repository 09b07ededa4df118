"""The hashes of a log in PostgreSQL: appended in tiles, read as nodes of the tree.

A tile is 256 hashes of one level in a row (C2SP tlog-tiles): a proof at a million leaves reads
three or four rows, and what is published is what is stored.
"""

import struct
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from sqlalchemy import ColumnElement, LargeBinary, SQLColumnExpression, func, literal, select, text
from sqlalchemy.dialects.postgresql import array, insert
from sqlalchemy.orm import Session

from docflow.audit import merkle
from docflow.audit.models import Log, Tile

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT  # hashes
_WIDTH_BYTES = TILE_WIDTH * merkle.HASH_BYTES

_LEVELS = 7  # of tiles: leaves are counted in 56 bits, as many as will ever be
_PACKED = struct.Struct(">qqi")  # level, index, bytes of hashes; as PostgreSQL's …send write them

Place = tuple[int, int]  # level and index of a tile

# Each by its key: a list of pairs would have PostgreSQL go through all tiles of the body.
_TILES = text(
    "SELECT t.level, t.index, t.hashes "
    "FROM unnest(CAST(:levels AS smallint[]), CAST(:indexes AS bigint[])) AS w (level, index) "
    "JOIN audit_tiles t ON t.body_id = :body AND t.level = w.level AND t.index = w.index"
)


def append(session: Session, body_id: int, leaves: Sequence[bytes]) -> tuple[int, bytes]:
    """Add leaf hashes at the end of the body's log; its new size and root.

    One transaction at a time does this: the caller holds the sequencer's lock.
    """
    log = session.get(Log, body_id)
    if log is None:
        log = Log(body_id=body_id, size=0, root=merkle.EMPTY_ROOT)
        session.add(log)
        session.flush()
    tiles = _grown(session, body_id, log.size, leaves)
    _store(session, body_id, tiles)
    size = log.size + len(leaves)
    log.size, log.root = size, merkle.root(size, _Reader(session, body_id, tiles).node)
    return log.size, log.root


def nodes(session: Session, body_id: int, *, near: Sequence[int] = ()) -> merkle.Nodes:
    """The complete nodes of the body's log, for roots and proofs.

    What lies on the way from the leaves `near` to the root is fetched at once.
    """
    reader = _Reader(session, body_id, {})
    reader.fetch(near)
    return reader.node


def above(
    body_id: SQLColumnExpression[int], *leaves: SQLColumnExpression[int]
) -> ColumnElement[bytes]:
    """The tiles above leaves, packed into one value of the query that finds the leaves.

    For `of_packed`: what is asked together costs one way to the database less.
    """
    level = func.generate_series(0, _LEVELS - 1).column_valued("tile_level")
    shift = TILE_HEIGHT * (level + 1)
    indexes = array([leaf.op(">>")(shift) for leaf in leaves])
    head = func.int8send(Tile.level).op("||")(func.int8send(Tile.index))
    sized = head.op("||")(func.int4send(func.octet_length(Tile.hashes)))
    return (
        select(func.string_agg(sized.op("||")(Tile.hashes), literal(b"", LargeBinary)))
        .where(
            Tile.body_id == body_id,
            Tile.level == level,
            Tile.index == func.any(indexes),
        )
        .scalar_subquery()
    )


def of_packed(session: Session, body_id: int, tiles: bytes) -> merkle.Nodes:
    """As `nodes`, out of the tiles that `above` packed."""
    return _Reader(session, body_id, dict(_unpacked(tiles))).node


def _unpacked(tiles: bytes) -> Iterator[tuple[Place, bytes]]:
    at = 0
    while at < len(tiles):
        level, index, width = _PACKED.unpack_from(tiles, at)
        at += _PACKED.size + width
        yield (level, index), tiles[at - width : at]


def tile(session: Session, body_id: int, level: int, index: int) -> bytes | None:
    """The hashes of a tile as far as they are there; None where it has not begun."""
    return session.scalar(
        select(Tile.hashes).where(Tile.body_id == body_id, Tile.level == level, Tile.index == index)
    )


def _grown(
    session: Session, body_id: int, size: int, leaves: Sequence[bytes]
) -> dict[Place, bytes]:
    """The tiles that change when `leaves` follow the first `size` leaves, with their hashes."""
    changed: dict[Place, bytes] = {}
    level, count, added = 0, size, list(leaves)
    while added:
        index, filled = divmod(count, TILE_WIDTH)
        hashes = (tile(session, body_id, level, index) or b"") if filled else b""
        hashes += b"".join(added)
        whole = []
        for at in range(0, len(hashes), _WIDTH_BYTES):
            part = hashes[at : at + _WIDTH_BYTES]
            changed[level, index] = part
            if len(part) == _WIDTH_BYTES:
                whole.append(merkle.root_over(split(part)))
            index += 1
        level, count, added = level + 1, count // TILE_WIDTH, whole
    return changed


def _store(session: Session, body_id: int, tiles: Mapping[Place, bytes]) -> None:
    if not tiles:
        return
    rows = insert(Tile)
    session.execute(
        rows.on_conflict_do_update(
            index_elements=[Tile.body_id, Tile.level, Tile.index],
            set_={"hashes": rows.excluded.hashes},
        ),
        [
            {"body_id": body_id, "level": level, "index": index, "hashes": hashes}
            for (level, index), hashes in sorted(tiles.items())
        ],
    )


class _Reader:
    """Nodes out of tiles; each tile is fetched once."""

    def __init__(self, session: Session, body_id: int, tiles: Mapping[Place, bytes]) -> None:
        self._session, self._body_id = session, body_id
        self._tiles = dict(tiles)

    def fetch(self, leaves: Sequence[int]) -> None:
        """The tiles above these leaves, in one query."""
        places = {
            (level, leaf >> (TILE_HEIGHT * (level + 1)))
            for leaf in leaves
            for level in range(max(leaf, 1).bit_length() // TILE_HEIGHT + 1)
        }
        if not places:
            return
        levels, indexes = zip(*places, strict=True)
        wanted = {"body": self._body_id, "levels": list(levels), "indexes": list(indexes)}
        rows = self._session.execute(_TILES, wanted)
        self._tiles |= {(level, index): hashes for level, index, hashes in rows}

    def node(self, level: int, index: int) -> bytes:
        tile_level, height = divmod(level, TILE_HEIGHT)
        tile_index, offset = divmod(index << height, TILE_WIDTH)
        hashes = self._tile(tile_level, tile_index)
        first = offset * merkle.HASH_BYTES
        part = hashes[first : first + (merkle.HASH_BYTES << height)]
        if len(part) != merkle.HASH_BYTES << height:
            raise LookupError(f"node {index} of level {level} is not complete")
        return _root_over_row(part)

    def _tile(self, level: int, index: int) -> bytes:
        if (level, index) not in self._tiles:
            hashes = tile(self._session, self._body_id, level, index)
            self._tiles[level, index] = hashes or b""
        return self._tiles[level, index]


@lru_cache(maxsize=2048)
def _root_over_row(hashes: bytes) -> bytes:
    """The root over hashes that stand one after the other.

    Remembered, for the upper levels are the same in proof after proof; what is remembered cannot
    become wrong, since the hashes themselves are what it is found by.
    """
    return merkle.root_over(split(hashes))


def split(hashes: bytes) -> list[bytes]:
    """The hashes of a tile, one by one."""
    width = merkle.HASH_BYTES
    return [hashes[at : at + width] for at in range(0, len(hashes), width)]
