"""Files as the offline page writes them, made here line by line."""

import json
from datetime import datetime
from typing import Any

from docflow.emergency import KitInfo
from docflow.emergency.journal import FIELDS, FORMAT, VERSION, canonical, check


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
