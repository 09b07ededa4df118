"""How an ordinary letter goes through the house: a chain of acts with the working time between."""

from datetime import date, datetime
from random import Random

from docflow import clock
from docflow.demo import acts
from docflow.demo.acts import EntryAct
from docflow.demo.hours import OfficeHours
from docflow.demo.house import House
from docflow.demo.matters import ANNULMENTS, INSTRUCTIONS, RETURNS, Matter
from docflow.demo.people import SECRETARIAT
from docflow.demo.traffic import Arrival
from docflow.principal import Principal
from docflow.registry import Priority

Course = list[tuple[float, EntryAct]]
"""Minutes of work since the act before, and the act."""


class Courses:
    """Invents the course of each letter."""

    def __init__(self, house: House, hours: OfficeHours, chance: Random) -> None:
        self._house, self._hours, self._chance = house, hours, chance
        self._secretary = house.head(SECRETARIAT)

    def of(self, arrival: Arrival) -> Course:
        if arrival.person is not None:
            return self._confidential(arrival, self._house.people[arrival.person])
        if arrival.matter is None:
            return self._internal(arrival)
        if arrival.is_mistake:
            clerk = self._chance.choice(self._house.clerks())
            return [
                (
                    self._minutes(15, 120),
                    acts.annul(clerk, self._house.registrar(), self._chance.choice(ANNULMENTS)),
                )
            ]
        return self._incoming(arrival, arrival.matter)

    def _incoming(self, arrival: Arrival, matter: Matter) -> Course:
        handler = self._chance.choice(self._house.staff(matter.unit))
        course = self._charged(arrival.at, matter)
        course += self._taken(matter.unit, handler)
        staff = self._house.staff(matter.unit)
        if len(staff) > 1 and self._chance.random() < 0.12:
            colleague = next(person for person in staff if person != handler)
            passing = acts.pass_on(
                self._house, handler, matter.unit, colleague, "Λόγω κανονικής άδειας."
            )
            course += [
                (self._minutes(200, 900), passing),
                (self._minutes(30, 200), acts.accept(colleague)),
            ]
            handler = colleague
        return [*course, (self._minutes(240, 3600), self._end(matter, handler))]

    def _charged(self, at: datetime, matter: Matter) -> Course:
        """Marked and charged by the secretariat; now and then first to a wrong unit."""
        instructions = self._chance.choice(INSTRUCTIONS)
        due_on = self._due(at, matter.days)
        marking = acts.mark(
            self._secretary, matter.priority, instructions=instructions, due_on=due_on
        )
        course: Course = [(self._minutes(10, 150), marking)]
        if self._chance.random() < 0.06:
            wrong = self._chance.choice([c for c in ("12", "21", "30", "40") if c != matter.unit])
            reason = self._chance.choice(RETURNS)
            course += [
                (self._minutes(1, 6), acts.charge(self._house, self._secretary, wrong)),
                (
                    self._minutes(60, 400),
                    acts.send_back(self._house.head(wrong), reason),
                ),
            ]
        charging = acts.charge(self._house, self._secretary, matter.unit, inform=matter.inform)
        course.append((self._minutes(1, 60), charging))
        for code in matter.inform:
            note = acts.take_note(self._house.head(code), self._house.units[code])
            if self._chance.random() < 0.9:
                course.append((self._minutes(5, 200), note))
        return course

    def _taken(self, unit: str, handler: Principal) -> Course:
        """Accepted by whoever is first in the unit, or given to a person by its head."""
        head = self._house.head(unit)
        if handler == head or self._chance.random() < 0.6:
            return [(self._minutes(30, 480), acts.accept(handler))]
        giving = acts.charge(self._house, head, unit, person=handler)
        return [
            (self._minutes(30, 300), giving),
            (self._minutes(30, 400), acts.accept(handler)),
        ]

    def _end(self, matter: Matter, handler: Principal) -> EntryAct:
        if not matter.answer:
            return acts.file(handler, matter.reason)
        return acts.answer_on_paper(
            self._house,
            handler,
            clerk=self._chance.choice(self._house.clerks()),
            subject=matter.answer,
            unit=matter.unit,
        )

    def _internal(self, arrival: Arrival) -> Course:
        unit = arrival.letter.unit
        handler = self._house.head(unit)
        return [
            (self._minutes(10, 90), acts.mark(self._secretary, Priority.NORMAL)),
            (self._minutes(1, 10), acts.charge(self._house, self._secretary, unit)),
            (self._minutes(30, 500), acts.accept(handler)),
            (
                self._minutes(240, 2400),
                acts.file(handler, "Εγκρίθηκε και εκτελέστηκε."),
            ),
        ]

    def _confidential(self, arrival: Arrival, person: Principal) -> Course:
        marking = acts.mark(
            self._secretary,
            Priority.URGENT,
            instructions="Προσωπικά στον παραλήπτη.",
            due_on=self._due(arrival.at, 20),
        )
        charging = acts.charge(self._house, self._secretary, arrival.letter.unit, person=person)
        return [
            (self._minutes(5, 60), marking),
            (self._minutes(1, 10), charging),
            (self._minutes(30, 300), acts.accept(person)),
            (
                self._minutes(900, 4000),
                acts.file(person, "Διεκπεραιώθηκε εμπιστευτικά."),
            ),
        ]

    def _due(self, at: datetime, days: int | None) -> date | None:
        if days is None:
            return None
        return self._hours.ahead(clock.local(at, self._hours.zone).date(), days)

    def _minutes(self, least: float, most: float) -> float:
        return self._chance.uniform(least, most)
