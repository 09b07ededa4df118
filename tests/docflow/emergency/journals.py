"""Files as the offline page writes them, made here line by line."""

import json
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from docflow import clock, emergency
from docflow.emergency import KitInfo
from docflow.emergency.journal import FIELDS, FORMAT, VERSION, canonical, check
from docflow.principal import Principal


class Page:
    """The log of an offline page; each act adds a line with its digest."""

    def __init__(self, kit: KitInfo, journal: str = "a1b2") -> None:
        self.kit, self.journal = kit, journal
        self.log: list[dict[str, Any]] = []

    def write(self, kind: str, at: datetime, **data: str) -> None:
        line = {
            "seq": len(self.log) + 1,
            "kind": kind,
            "at": at.isoformat(),
            "data": {name: data.get(name, "") for name in FIELDS[kind]},
        }
        previous = self.log[-1]["check"] if self.log else self.kit.code
        line["check"] = check(self.kit.secret, previous, canonical(self.journal, line))
        self.log.append(line)

    def begin(self, at: datetime, **data: str) -> None:
        told = {"cause": "Διακοπή ρεύματος", "authorised_by": "Ελένη Ράπτη", **data}
        self.write("begin", at, started_at=at.isoformat(), **told)

    def entry(self, number: int, at: datetime, **data: str) -> None:
        told = {
            "number": str(number),
            "direction": "incoming",
            "subject": f"Αίτηση αρ. {number} χωρίς ρεύμα",
            "sender": "Δημήτριος Λάμπρου",
            "delivery_method": "counter",
            "attachments_count": "2",
            "operator": "Μαρία Νικολάου",
            **data,
        }
        self.write("entry", at, **told)

    def end(self, at: datetime, totals: str) -> None:
        self.write("end", at, ended_at=at.isoformat(), totals=totals)

    def file(self) -> bytes:
        document = {
            "format": FORMAT,
            "version": VERSION,
            "kit": self.kit.code,
            "journal": self.journal,
            "log": self.log,
        }
        return json.dumps(document, ensure_ascii=False).encode()


def overrun(session: Session, registrar: Principal) -> tuple[KitInfo, Page, datetime]:
    """A kit, an emergency of 31 hours with nobody's word for the second day, and when it began.

    It lies in one year, whatever day it is today.
    """
    now = clock.now()
    start = now - timedelta(hours=40)
    if clock.local(start).year != clock.local(now).year:
        start = now - timedelta(hours=80)
    with clock.pretend(start):
        year = clock.local(start).year
        kit_id = emergency.prepare(
            session,
            by=registrar,
            place="Γκισέ 9",
            numbers=5,
            year=year,
            zone=clock.OFFICIAL_ZONE,
        )
    kit = emergency.kit(session, kit_id, by=registrar)
    page = Page(kit, journal=kit.code)
    page.begin(start)
    moments = [start + timedelta(hours=hours) for hours in (1, 30)]
    for number, at in enumerate(moments, start=kit.first_number):
        page.entry(number, at)
    days = [clock.local(at).date() for at in moments]
    totals = ";".join(f"{day}={days.count(day)}" for day in dict.fromkeys(days))
    page.end(start + timedelta(hours=31), totals)
    return kit, page, start
