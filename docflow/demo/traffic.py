"""The ordinary post of two years, drawn from the matters; the same seed, the same post."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from random import Random

from docflow.demo.acts import Letter
from docflow.demo.correspondents import Correspondent, Group
from docflow.demo.hours import CLOSES, OPENS, OfficeHours
from docflow.demo.house import CONFIDENTIAL
from docflow.demo.incoming import INCOMING
from docflow.demo.matters import (
    CONFIDENTIAL as CONFIDENTIAL_MATTERS,
)
from docflow.demo.matters import (
    INTERNAL,
    MONTHS,
    OUTGOING,
    PLACES,
    STREETS,
    Matter,
)
from docflow.registry import DeliveryMethod

_LETTERS, _INTERNALS, _OUTGOINGS, _CONFIDENTIALS = 165, 14, 18, 12
_FILE_EVERY, _MISTAKE_EVERY = 6, 30
_FORMS = ("{n}/{year}", "Φ.{a}/{n}", "οικ. {n}", "{a}.{b}/{n}", "ΔΥ/{n}/{year}")


@dataclass(frozen=True, slots=True)
class Arrival:
    """A letter with its instant; `matter` says how it goes on, `person` who gets it by name.

    With `file_number`, the number that the sender gave it, it comes with a file. Now and then one
    is registered by mistake, and annulled.
    """

    at: datetime
    letter: Letter
    matter: Matter | None = None
    person: str | None = None
    file_number: int | None = None
    is_mistake: bool = False


@dataclass(frozen=True, slots=True)
class Departure:
    """A letter on the municipality's own initiative."""

    at: datetime
    subject: str
    recipient: Correspondent
    method: DeliveryMethod


@dataclass(frozen=True, slots=True)
class Post:
    arrivals: tuple[Arrival, ...]
    departures: tuple[Departure, ...]


class Draw:
    """Draws letters for the working days from `first` to `last`."""

    def __init__(
        self,
        chance: Random,
        hours: OfficeHours,
        correspondents: Sequence[Correspondent],
        *,
        first: date,
        last: date,
    ) -> None:
        self._chance, self._hours = chance, hours
        self._correspondents = correspondents
        self._days = hours.days(first, last)

    def post(self) -> Post:
        arrivals = [
            *(self._incoming(INCOMING[n % len(INCOMING)], n) for n in range(_LETTERS)),
            *(self._internal() for _ in range(_INTERNALS)),
            *(self._confidential() for _ in range(_CONFIDENTIALS)),
        ]
        departures = [self._outgoing() for _ in range(_OUTGOINGS)]
        return Post(
            tuple(sorted(arrivals, key=lambda arrival: arrival.at)),
            tuple(sorted(departures, key=lambda departure: departure.at)),
        )

    def _incoming(self, matter: Matter, n: int) -> Arrival:
        at, day = self._instant()
        sender = self._whom(matter.group, matter.sender)
        method = self._chance.choice(matter.methods)
        letter = Letter(
            subject=self._filled(matter.subject, day),
            sender=sender,
            unit=matter.unit,
            method=method,
            detail=self._detail(method),
            attachments=matter.attachments,
        )
        number = None
        if matter.group is not Group.CITIZEN:
            dated = self._hours.back(day, self._chance.randint(1, 7))
            reference = self._reference(dated)
            if n % _FILE_EVERY == 1:
                number = self._chance.randint(20, 9000)
                reference = f"{number}/{dated.year}"
            letter = replace(letter, dated_on=dated, reference=reference)
        if method is DeliveryMethod.EMAIL and self._chance.random() < 0.3:
            # It lay in the mailbox since the evening before.
            letter = replace(letter, received_at=at - timedelta(hours=self._chance.uniform(12, 16)))
        is_mistake = n % _MISTAKE_EVERY == 17
        return Arrival(at, letter, matter, file_number=number, is_mistake=is_mistake)

    def _internal(self) -> Arrival:
        at, day = self._instant()
        subject, from_unit, unit = self._chance.choice(INTERNAL)
        letter = Letter(
            subject=self._filled(subject, day),
            sender=None,
            unit=unit,
            method=DeliveryMethod.SYSTEM,
            from_unit=from_unit,
        )
        return Arrival(at, letter)

    def _confidential(self) -> Arrival:
        at, day = self._instant()
        subject, sender, person = self._chance.choice(CONFIDENTIAL_MATTERS)
        dated = self._hours.back(day, 2)
        letter = Letter(
            subject=subject,
            sender=self._whom(Group.PUBLIC, sender),
            unit={"theodorou": "50", "konstantinou": "10", "anagnostou": "60"}[person],
            method=DeliveryMethod.REGISTERED_POST,
            detail=self._detail(DeliveryMethod.REGISTERED_POST),
            reference=f"ΕΜΠ. {self._chance.randint(10, 900)}/{dated.year}",
            dated_on=dated,
            book=CONFIDENTIAL,
        )
        return Arrival(at, letter, person=person)

    def _outgoing(self) -> Departure:
        at, day = self._instant()
        subject, name, method = self._chance.choice(OUTGOING)
        recipient = next(c for c in self._correspondents if name in c.name)
        return Departure(at, self._filled(subject, day), recipient, method)

    def _instant(self) -> tuple[datetime, date]:
        # A power under one makes later days likelier: the office gets more post each year.
        day = self._days[int(len(self._days) * self._chance.random() ** 0.85)]
        return self._hours.at(day, self._chance.uniform(OPENS + 10, CLOSES - 40)), day

    def _whom(self, group: Group, name: str) -> Correspondent:
        parts = name.split("|")
        fitting = [
            c
            for c in self._correspondents
            if c.group is group and any(part in c.name for part in parts)
        ]
        return self._chance.choice(fitting)

    def _filled(self, subject: str, day: date) -> str:
        month = (day.month - 2) % 12  # of the month before
        return subject.format(
            street=self._chance.choice(STREETS),
            place=self._chance.choice(PLACES),
            month=MONTHS[month],
            year=day.year - (month == 11 and "{month}" in subject),
            n=self._chance.randint(2, 180),
        )

    def _reference(self, day: date) -> str:
        return self._chance.choice(_FORMS).format(
            n=self._chance.randint(120, 98_000),
            a=self._chance.randint(2, 90),
            b=self._chance.randint(1, 9),
            year=day.year,
        )

    def _detail(self, method: DeliveryMethod) -> str:
        if method is DeliveryMethod.REGISTERED_POST:
            return f"RE {self._chance.randint(100_000_000, 999_999_999)} GR"
        return "Ταχυμεταφορές Ερμής" if method is DeliveryMethod.COURIER else ""
