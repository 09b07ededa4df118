"""By what a work list can be narrowed in a query, in the words of the pages."""

import hashlib
import json
from typing import Annotated

from fastapi import Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from api.v1.fields import Code, Day, Id
from docflow import worklists
from docflow.registry import DeliveryMethod, Direction, HandlingState, Priority
from docflow.routing import Age, Deadline, Narrowing, Timeliness


class NarrowingWords(BaseModel):
    """What of a list is wanted; nothing given is everything open."""

    book: Code | None = None
    kind: Code | None = None
    unit: Id | None = None
    person: Id | None = None
    nobody: bool = Field(False, description="With a unit, and with no person in it yet.")
    priority: Priority | None = None
    deadline: Deadline | None = None
    channel: DeliveryMethod | None = None
    direction: Direction | None = None
    state: HandlingState | None = Field(None, description="`closed` lists what was closed.")
    age: Age | None = Field(None, description="Days since the registration.")
    first: Day | None = Field(None, description="Registered from this day of the office.")
    last: Day | None = None
    closed_first: Day | None = None
    closed_last: Day | None = None
    timeliness: Timeliness | None = Field(None, description="Of what was closed.")

    def narrowing(self) -> Narrowing:
        return Narrowing(
            book=self.book,
            kind=self.kind,
            unit_id=self.unit,
            person_id=self.person,
            unassigned=self.nobody,
            priority=self.priority,
            deadline=self.deadline,
            channel=self.channel,
            direction=self.direction,
            state=self.state,
            first_day=self.first,
            last_day=self.last,
            age=self.age,
            closed_first=self.closed_first,
            closed_last=self.closed_last,
            timeliness=self.timeliness,
        )


class NarrowingBody(NarrowingWords):
    """The same in the body of a request."""

    model_config = ConfigDict(extra="forbid")


def _asked(words: Annotated[NarrowingWords, Query()]) -> Narrowing:
    return words.narrowing()


Narrowed = Annotated[Narrowing, Depends(_asked)]


def body_of(narrowing: Narrowing) -> NarrowingBody:
    """A narrowing as it was asked for."""
    words = worklists.plain(narrowing)
    nobody = words.get("person") == worklists.NOBODY
    if nobody:
        del words["person"]
    return NarrowingBody.model_validate({**words, "nobody": nobody})


def mark(narrowing: Narrowing) -> str:
    """A short word for the narrowing, so that a cursor belongs to this very list."""
    if not narrowing:
        return ""
    words = json.dumps(worklists.plain(narrowing), sort_keys=True)
    return ":" + hashlib.sha256(words.encode()).hexdigest()[:16]
