"""What has happened up to now: two years of ordinary post, and the letters of the last weeks."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from random import Random

from sqlalchemy.orm import Session

from docflow import clock, documents, parties
from docflow.demo import acts, answers, house, kinds, papers, terms
from docflow.demo.acts import Letter
from docflow.demo.agenda import Act, Agenda
from docflow.demo.correspondents import everybody, named
from docflow.demo.courses import Course, Courses
from docflow.demo.hours import OPENS, OfficeHours
from docflow.demo.house import CONFIDENTIAL, House
from docflow.demo.people import SECRETARIAT
from docflow.demo.recent import RECENT
from docflow.demo.stages import Paper, Staged, course_of
from docflow.demo.texts import ANSWERS
from docflow.demo.to_answer import TO_ANSWER
from docflow.demo.traffic import Departure, Draw
from docflow.office import Office
from docflow.registry import Direction, NewEntry

SEED = 4727
Progress = Callable[[str], None]


class Past:
    """The past up to `until`. First `make_files`, then, in one transaction, `play`.

    `uploads` holds the files that came with letters, `drafts` the answers begun, by their key.
    """

    def __init__(self, office: Office, *, until: datetime, progress: Progress) -> None:
        self._office, self._until, self._progress = office, until, progress
        self._chance = Random(SEED)  # noqa: S311 - invents letters, guards nothing
        zone = office.settings.zone
        self._today = clock.local(until, zone).date()
        self._hours = OfficeHours(zone, [self._today.year + n for n in (-2, -1, 0, 1)])
        self._first = date(self._today.year - 1, 1, 1)
        yesterday = self._hours.back(self._today, 1)
        draw = Draw(self._chance, self._hours, everybody(), first=self._first, last=yesterday)
        self._post = draw.post()
        self._staged = [(staged, *self._came(staged)) for staged in (*RECENT, *TO_ANSWER)]
        self.uploads: dict[Letter, documents.Upload] = {}
        self.drafts: dict[str, int] = {}

    def make_files(self) -> None:
        """The files of the letters; their bytes are durable before any row speaks of them."""
        wanted: list[tuple[Letter, papers.Wanted]] = []
        for staged, at, letter in self._staged:
            if staged.paper is not Paper.NONE:
                day = letter.dated_on or clock.local(at, self._hours.zone).date()
                number = int(staged.reference or 1)
                sender = named(staged.sender)
                wanted.append(
                    (letter, papers.Wanted(letter.subject, sender, day, number, staged.text))
                )
        for arrival in self._post.arrivals:
            letter, number = arrival.letter, arrival.file_number or 0
            if number and letter.sender and letter.dated_on:
                wanted.append(
                    (letter, papers.Wanted(letter.subject, letter.sender, letter.dated_on, number))
                )
        for place, (letter, paper) in enumerate(wanted, start=1):
            self._progress(f"files of letters: {place} of {len(wanted)}")
            self.uploads[letter] = papers.make(self._office, paper, self._chance)

    @property
    def uploads_of_long_ago(self) -> list[documents.Upload]:
        """The files of the ordinary post."""
        letters = [arrival.letter for arrival in self._post.arrivals]
        return [self.uploads[letter] for letter in letters if letter in self.uploads]

    def play(self, session: Session, signing_keys: Mapping[str, bytes]) -> House:
        """Open the municipality and let everything happen, in the order of its time."""
        people = self._open_house(session, signing_keys)
        agenda = Agenda(until=self._until)
        courses = Courses(people, self._hours, self._chance)
        for arrival in self._post.arrivals:
            self._expect(agenda, people, arrival.at, arrival.letter, courses.of(arrival))
        for departure in self._post.departures:
            agenda.at(departure.at, self._send(people, departure))
        for staged, at, letter in self._staged:
            self._expect(agenda, people, at, letter, self._course(people, staged, at))
        agenda.play(session, progress=self._month_teller())
        return people

    def _open_house(self, session: Session, signing_keys: Mapping[str, bytes]) -> House:
        self._progress("organogram, people, books")
        opening = self._hours.at(self._hours.ahead(self._first, 1), OPENS)
        with clock.pretend(opening):
            people = house.build(session, signing_keys, self._office.settings)
            kinds.define(session, people)
            terms.begin(session, people)
            known = [parties.checked(correspondent.contact) for correspondent in everybody()]
            parties.remember(session, known, by=people.clerks()[0])
        return people

    def _came(self, staged: Staged) -> tuple[datetime, Letter]:
        """When a staged letter came, and what it was."""
        day = self._hours.back(self._today, staged.days)
        at = self._hours.at(day, OPENS + 15 + self._chance.uniform(0, 90))
        dated_on = self._hours.back(day, 2) if staged.reference else None
        return at, Letter(
            subject=staged.subject,
            sender=named(staged.sender),
            unit=staged.unit,
            method=staged.method,
            reference=f"{staged.reference}/{dated_on.year}" if dated_on else "",
            dated_on=dated_on,
            attachments=staged.attachments,
            kind=staged.kind,
        )

    def _course(self, people: House, staged: Staged, at: datetime) -> Course:
        day = clock.local(at, self._hours.zone).date()
        due_on = self._hours.ahead(day, staged.due) if staged.due else None
        course = course_of(people, staged, due_on=due_on)
        for answer in ANSWERS:
            if staged.key == answer.key:
                course.append((300, answers.begin(people, answer, self.drafts)))
        return course

    def _expect(
        self, agenda: Agenda, people: House, at: datetime, letter: Letter, course: Course
    ) -> None:
        """Enter a letter in the agenda; each act of its course follows the act before."""
        confidential = letter.book == CONFIDENTIAL
        by = people.head(SECRETARIAT) if confidential else self._chance.choice(people.clerks())
        upload = self.uploads.get(letter)

        def follow(entry_id: int, place: int, before: datetime) -> None:
            if place < len(course):
                minutes, act = course[place]
                instant = self._hours.after(before, minutes)

                def play(session: Session) -> None:
                    act(session, entry_id)
                    follow(entry_id, place + 1, instant)

                agenda.at(instant, play)

        def arrive(session: Session) -> None:
            uploads = [upload] if upload else []
            entry = acts.register(session, people, letter, uploads, by=by)
            follow(entry.id, 0, at)

        agenda.at(at, arrive)

    def _send(self, people: House, departure: Departure) -> Act:
        clerk = self._chance.choice(people.clerks())
        new = NewEntry(
            direction=Direction.OUTGOING,
            subject=departure.subject,
            recipients=(departure.recipient.contact,),
            delivery_method=departure.method,
        )

        def act(session: Session) -> None:
            acts.enter(session, people, new, by=clerk)

        return act

    def _month_teller(self) -> Callable[[datetime], None]:
        """Says each month once, so that a person sees how far the play is."""
        told: set[str] = set()

        def tell(instant: datetime) -> None:
            month = clock.local(instant, self._hours.zone).strftime("%m/%Y")
            if month not in told:
                told.add(month)
                self._progress(f"two years of post: {month}")

        return tell
