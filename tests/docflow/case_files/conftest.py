"""A plan in force, and a case file of the roads department."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from sqlalchemy.orm import Session

from docflow import case_files, registry
from docflow.case_files import class_lists, plans
from docflow.organization import Principal
from tests import factories
from tests.factories import ZONE, Town

PLAN = "Κ"
LIST = """code;title;retention_years;action
20;Τεχνικά έργα;;review
20.3;Συντήρηση οδών;10;destroy
20.4;Μελέτες;;permanent
"""


@dataclass(frozen=True)
class Desk:
    """What tests of case files do again and again."""

    session: Session
    town: Town

    def person(self, username: str) -> Principal:
        return self.town.person(self.session, username)

    def open(self, *, by: str = "engineer", **changes: Any) -> case_files.CaseFile:
        unit = changes.pop("unit", "ΟΔΟΠ")
        parent_id = changes.pop("parent_id", None)
        cover = case_files.Cover(
            **{
                "title": "Επισκευές οδοστρώματος",
                "unit_id": self.town.units[unit],
                "class_code": "20.3",
                **changes,
            }
        )
        return case_files.open_file(
            self.session, cover, by=self.person(by), zone=ZONE, parent_id=parent_id
        )

    def letter(self, *, to: str | None = "engineer") -> registry.Entry:
        """A letter that the roads department has in hand."""
        entry = factories.letter(self.session, self.town)
        if to:
            factories.accepted(self.session, self.town, entry, by=to)
        return entry

    def file(
        self, file: case_files.CaseFile, entry: registry.Entry, *, by: str = "engineer", **more: Any
    ) -> case_files.Item:
        return case_files.file_entry(
            self.session, file.id, entry.id, by=self.person(by), zone=ZONE, **more
        )


@pytest.fixture
def desk(session: Session, town: Town) -> Desk:
    """The plan Κ is in force since 2020."""
    made = Desk(session, town)
    administrator = made.person("administrator")
    plans.begin(session, PLAN, "Σχέδιο ταξινόμησης", by=administrator)
    classes = class_lists.read(LIST.encode())
    plans.save(session, PLAN, classes, revision=0, by=administrator)
    plans.put_in_force(session, PLAN, date(2020, 1, 1), revision=1, by=administrator, zone=ZONE)
    return made
