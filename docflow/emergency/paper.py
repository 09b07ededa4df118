"""Emergency records typed from the printed sheets, made into the same journal as a page's file."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from docflow.emergency.journal import Authorised, Emergency, Journal, Noted
from docflow.emergency.kits import KitInfo
from docflow.emergency.models import Source
from docflow.folding import line


def from_paper(
    kit: KitInfo,
    *,
    cause: str,
    started_at: datetime,
    ended_at: datetime,
    authorised: Sequence[Authorised],
    totals: Mapping[date, int],
    noted: Sequence[Noted],
) -> Journal:
    """The journal of one period on paper; `totals` are those that stand on the sheets.

    What was typed twice is recognised by its content: the digests are over what the sheets say.
    """
    mark = _digest(["paper", kit.code, line(cause), started_at.isoformat()])
    records = tuple(
        replace(one, digest=_digest([kit.code, one.number, one.at.isoformat(), one.record()]))
        for one in sorted(noted, key=lambda one: one.number)
    )
    emergency = Emergency(
        mark=mark,
        cause=cause,
        started_at=started_at,
        ended_at=ended_at,
        authorised=tuple(authorised),
        totals=dict(totals),
        noted=records,
    )
    return Journal(kit, Source.PAPER, (emergency,))


def _digest(parts: Sequence[object]) -> str:
    text = json.dumps(list(parts), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
