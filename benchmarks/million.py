"""A body with forty units and a million entries, a fifth of them with the text of a page or two.

    with million.house(postgres, "bench", entries=1_000_000, texts=200_000) as house: …

Words are those of this repository's own Greek (the demo's letters, the program's texts), drawn as
often as they stand there; names are made of Greek first names and parts of surnames, so that many
are rare. The same seed gives the same house. Rows are written by COPY and SQL with the triggers
asleep, in the form that registration gives them.
"""

import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from random import Random
from typing import Any, LiteralString

import numpy as np
from psycopg import Connection

from docflow import migrations, organization, registry
from docflow.db import Database
from docflow.demo.correspondents import everybody
from docflow.demo.incoming import INCOMING
from docflow.demo.matters import INTERNAL, MONTHS, OUTGOING, PLACES, STREETS
from docflow.folding import fold
from docflow.organization import Role
from docflow.registry.findable import plain
from tests import stack

ROOT = Path(__file__).resolve().parent.parent
UNITS, STAFF, YEARS = 40, 5, 5
ZONE = "Europe/Athens"
FIRST = (
    "Μαρία Γεώργιος Ελένη Δημήτριος Αικατερίνη Κωνσταντίνος Βασιλική Ιωάννης Σοφία Νικόλαος "
    "Αγγελική Παναγιώτης Γεωργία Βασίλειος Δήμητρα Χρήστος Ευαγγελία Αθανάσιος Αναστασία Μιχαήλ "
    "Παρασκευή Ευάγγελος Ειρήνη Σπυρίδων Φωτεινή Αντώνιος Χριστίνα Αναστάσιος Άννα Θεόδωρος "
    "Ευφροσύνη Στυλιανός Χρυσούλα Πέτρος Ευδοξία Ηλίας Ουρανία Σταύρος Ζωή Ξενοφών"
)
ROOTS = (
    "Παπαδ Γεωργ Δημητρ Νικολα Ιωανν Κωνσταντιν Βασιλ Αναγνωστ Οικονομ Αλεξ Καραγιανν Μακρ Αντων "
    "Ζαχαρ Φραγκ Σταματ Λαμπρ Μιχαηλ Πετρ Σπυρ Αθανασ Χατζ Κοντ Μαυρ Τσακ Βλαχ Ρουμελ Καλογερ "
    "Ξενακ Δραγ Σαμαρ Κουτσ Μπαλ Τριαντ Φωτ Θεοδωρ Ευσταθ Αγγελ Χρηστ Παναγ Ραπτ Σκορδ Λιαπ Γκικ "
    "Ζερβ Μουρατ Αδαμ Κυριακ Αποστολ Στεφαν Μητρ Κοσμ Σωτηρ Ηλιαδ Φιλιππ Λεμον Καστρ Πολυζ Αρβαν "
    "Γρηγορ Τζαβ Νταβ Κρητ Ανδρε Καψ Ρηγ Βερν Μποτσ Διαμ"
)
ENDINGS = "όπουλος οπούλου ίδης ίδου άκης άκη έας έα άτος άτου ιάδης ιάδου ούσης ούση"


@dataclass(frozen=True)
class House:
    """The ids of what stands in the database; users by name: clerk, auditor, `head-7`, `staff-7-2`
    (of the unit with this place in `units`; a unit has a head and four others).
    """

    db: Database
    entries: int
    body_id: int
    book_id: int
    secretariat_id: int
    units: tuple[int, ...]
    users: dict[str, int] = field(default_factory=dict)

    def person(self, name: str) -> organization.Principal:
        """The person with the rights that he has."""
        with self.db.read() as session:
            return organization.principal(session, self.users[name], via=organization.Via.WEB)


@contextmanager
def house(
    postgres: stack.PostgresServer, name: str, *, entries: int, texts: int, seed: int = 7
) -> Iterator[House]:
    """The house in a database of its own, which goes at the end."""
    postgres.create_database(name)
    migrations.upgrade(postgres.owner_url(name))
    db = Database(postgres.url(name))
    began = time.perf_counter()
    made = _people(db, entries)
    with postgres.cluster.connect(name) as superuser:
        superuser.execute("SET session_replication_role = replica")
        superuser.execute("SET maintenance_work_mem = '512MB'")
        _stage(superuser, made, texts, Random(seed))
        _spread(superuser, made)
        for table in ("entries", "search_texts", "entry_access", "handlings"):
            superuser.execute(f"VACUUM (ANALYZE) {table}".encode())
        superuser.execute("ANALYZE")
    print(f"{entries:,} entries made in {time.perf_counter() - began:.0f} s", flush=True)
    try:
        yield made
    finally:
        db.dispose()
        postgres.drop_database(name)


def _people(db: Database, entries: int) -> House:
    with db.begin() as session:
        body = organization.Body(
            code="megalos", name="Δήμος Μεγάλου Παραδείγματος", letterhead=[], city="Παράδειγμα",
            address="", phone="", email="", website="",
        )  # fmt: skip
        session.add(body)
        session.flush()
        units, users = [], {}

        def unit(code: str, title: str) -> organization.Unit:
            row = organization.Unit(
                body_id=body.id, code=code, name=title, valid_from=date(2000, 1, 1)
            )
            session.add(row)
            session.flush()
            return row

        def person(username: str, role: Role, place: organization.Unit | None) -> None:
            row = organization.User(
                body_id=body.id, username=username, full_name=username, title="",
                password_hash=None,
            )  # fmt: skip
            session.add(row)
            session.flush()
            organization.grant(session, row, role, place)
            users[username] = row.id

        secretariat = unit("ΓΡΑΜ", "Γραμματεία")
        body.secretariat_id = secretariat.id
        person("clerk", Role.CLERK, secretariat)
        person("secretary", Role.HEAD, secretariat)
        person("auditor", Role.AUDITOR, None)
        for place in range(UNITS):
            row = unit(f"Τ{place:02}", f"Τμήμα {place + 1}")
            units.append(row.id)
            person(f"head-{place}", Role.HEAD, row)
            for number in range(1, STAFF):
                person(f"staff-{place}-{number}", Role.EMPLOYEE, row)
        book = registry.Book(
            body_id=body.id, code="koino", title="Κοινό πρωτόκολλο", is_default=True
        )
        session.add(book)
        session.flush()
        return House(db, entries, body.id, book.id, secretariat.id, tuple(units), users)


STAGE: LiteralString = """
    CREATE UNLOGGED TABLE stage (
        n bigint PRIMARY KEY, subject text, sender text, reference text, reference_key text,
        fields text, direction text, unit bigint, other bigint, person bigint, is_open boolean,
        due int, priority text, body text, body_words text
    )
"""


def _stage(superuser: "Connection[Any]", made: House, texts: int, random: Random) -> None:
    superuser.execute(STAGE)
    words = _Words(random)
    every = max(1, made.entries // texts) if texts else 0
    bodies = words.bodies(texts)
    users = [
        [made.users[f"head-{place}"], *(made.users[f"staff-{place}-{n}"] for n in range(1, STAFF))]
        for place in range(UNITS)
    ]
    with superuser.cursor() as cursor, cursor.copy("COPY stage FROM STDIN") as copy:
        for n in range(1, made.entries + 1):
            direction, subject, subject_folded = words.subject()
            sender, sender_folded = words.sender()
            place = random.randrange(UNITS)
            number = random.randrange(1, 99_999)
            year = 2022 + n * YEARS // (made.entries + 1)
            body = next(bodies) if every and n % every == 0 else ("", "")
            is_open = direction != "outgoing" and random.random() < 0.04
            copy.write_row(
                (
                    n, subject, sender, f"{number}/{year}", f"{number}{year}",
                    f"{subject_folded} {sender_folded} {number} {year}", direction,
                    made.units[place],
                    made.units[random.randrange(UNITS)] if random.random() < 0.1 else None,
                    random.choice(users[place]) if random.random() < 0.5 else None,
                    is_open,
                    random.randrange(-20, 60) if is_open and random.random() < 0.5 else None,
                    random.choices(("normal", "urgent", "very-urgent"), (90, 8, 2))[0],
                    *body,
                )
            )  # fmt: skip


class _Words:
    """Texts, each as it is written and as its folded words, which are made once for each piece."""

    def __init__(self, random: Random) -> None:
        self.random = random
        counts = _counted()
        self.written = list(counts)
        self.folded = [fold(word) for word in self.written]
        weights = np.array(list(counts.values()), dtype=float)
        self.steps = np.cumsum(weights / weights.sum())
        self.numbers = np.random.default_rng(random.randrange(2**32))
        subjects = [
            *((one.subject, "incoming") for one in INCOMING for _ in range(4)),
            *((one[0], "outgoing") for one in OUTGOING for _ in range(2)),
            *((one[0], "internal") for one in INTERNAL for _ in range(2)),
        ]
        self.subjects = [(text, direction) for text, direction in subjects]
        self.known = [(one.name, plain(one.name)) for one in everybody()]
        self.people = [(name, plain(name)) for name in FIRST.split()]
        self.surnames = [
            (root + end, fold(root + end)) for root in ROOTS.split() for end in ENDINGS.split()
        ]

    def subject(self) -> tuple[str, str, str]:
        template, direction = self.random.choice(self.subjects)
        text = (
            template.replace("{street}", self.random.choice(STREETS))
            .replace("{place}", self.random.choice(PLACES))
            .replace("{month}", self.random.choice(MONTHS))
            .replace("{year}", str(self.random.randrange(2020, 2027)))
            .replace("{n}", str(self.random.randrange(1, 400)))
        )
        return direction, text, plain(text)

    def sender(self) -> tuple[str, str]:
        if self.random.random() < 0.4:
            return self.random.choice(self.known)
        return self.person()

    def person(self) -> tuple[str, str]:
        first, last = self.random.choice(self.people), self.random.choice(self.surnames)
        return f"{first[0]} {last[0]}", f"{first[1]} {last[1]}"

    def bodies(self, count: int) -> Iterator[tuple[str, str]]:
        """Pages of 120 to 300 words, each with a name and the number of a decision."""
        for _ in range(count):
            length = self.random.randrange(120, 300)
            drawn = np.searchsorted(self.steps, self.numbers.random(length)).tolist()
            name, number = self.person(), self.random.randrange(1, 9999)
            written = " ".join([self.written[i] for i in drawn])
            folded = " ".join([self.folded[i] for i in drawn])
            yield (
                f"{written}. {name[0]}, απόφαση {number}/2024",
                f"{folded} {name[1]} αποφαση {number} 2024",
            )


def _counted() -> Counter[str]:
    """The Greek words of the repository, how often each stands in it."""
    files = [
        *(ROOT / "docflow" / "demo").glob("*.py"),
        *(ROOT / "docflow" / "locale" / "el").glob("*.po"),
        ROOT / "benchmarks" / "ocr_texts.py",
    ]
    word = re.compile(r"[Α-ΡΣ-Ϋα-ώΆΈ-Ώ]{2,}")
    return Counter(
        found.lower() for file in sorted(files) for found in word.findall(file.read_text())
    )


FILL: tuple[LiteralString, ...] = (
    """
    INSERT INTO entries (id, body_id, book_id, year, number, label, direction, registered_at,
        received_at, registered_by, subject, sender_name, sender_address, sender_email,
        sender_reference, sender_reference_key, delivery_method, delivery_detail,
        attachments_count, attachments_note, verification_code)
    SELECT n, {body}, {book}, year, number, number || '/' || year, direction, at, at, {clerk},
           subject, CASE direction WHEN 'outgoing' THEN '' ELSE sender END, '', '',
           reference, reference_key, (ARRAY['counter', 'post', 'email', 'portal'])[1 + n % 4], '',
           0, '', 'million-' || n
      FROM (SELECT s.*, 2022 + n * {years} / ({count} + 1) AS year,
                   row_number() OVER (PARTITION BY n * {years} / ({count} + 1) ORDER BY n)
                       AS number,
                   now() - ({count} - n) * ({years} * '360 days'::interval / {count}) AS at
              FROM stage s) AS numbered
    """,
    """
    INSERT INTO book_years (book_id, year, last_number, last_registered_at)
    SELECT {book}, year, max(number), max(registered_at) FROM entries GROUP BY year
    """,
    """
    INSERT INTO recipients (entry_id, position, name, address, email, is_copy)
    SELECT n, 1, sender, '', '', false FROM stage WHERE direction = 'outgoing'
    """,
    """
    INSERT INTO entry_access (entry_id, unit_id)
    SELECT n, {secretariat} FROM stage WHERE direction <> 'outgoing'
    UNION SELECT n, unit FROM stage
    UNION SELECT n, other FROM stage WHERE other IS NOT NULL
    """,
    "INSERT INTO entry_access (entry_id, user_id) "
    "SELECT n, person FROM stage WHERE person IS NOT NULL",
    """
    INSERT INTO handlings (entry_id, state, unit_id, user_id, priority, due_on, marked_by,
        marked_at, disposal, closed_reason, closed_by, closed_at)
    SELECT n, CASE WHEN NOT is_open THEN 'closed' WHEN n % 3 = 0 THEN 'charged' ELSE 'accepted' END,
           unit, person, priority,
           CASE WHEN is_open THEN current_date + due ELSE (e.registered_at + '15 days')::date END,
           {clerk}, e.registered_at,
           CASE WHEN NOT is_open THEN 'filed' END, CASE WHEN NOT is_open THEN 'Στο αρχείο' END,
           CASE WHEN NOT is_open THEN person END,
           CASE WHEN NOT is_open THEN e.registered_at + n % 40 * '1 day'::interval END
      FROM stage JOIN entries e ON e.id = n WHERE stage.direction <> 'outgoing'
    """,
    """
    INSERT INTO charges (entry_id, kind, state, unit_id, user_id, from_unit_id, charged_by,
        charged_at, accepted_by, accepted_at, due_on)
    SELECT n, 'action', CASE WHEN n % 3 = 0 THEN 'open' ELSE 'accepted' END, unit, person,
           {secretariat}, {clerk}, e.registered_at,
           CASE WHEN n % 3 <> 0 THEN person END,
           CASE WHEN n % 3 <> 0 THEN e.registered_at END, current_date + due
      FROM stage JOIN entries e ON e.id = n WHERE is_open
    """,
    """
    INSERT INTO files (id, entry_id, position, role, name, sha256, size, media_type, added_at)
    SELECT n, n, 1, 'original', 'έγγραφο.pdf', md5(n::text) || md5(n::text), 1000,
           'application/pdf', now() FROM stage WHERE body <> ''
    """,
    """
    INSERT INTO readings (file_id, state, languages, pages_total, pages_done)
    SELECT n, 'done', '["ell"]', 1, 1 FROM stage WHERE body <> ''
    """,
    """
    INSERT INTO page_texts (file_id, page, source, text, confidence, rotation, skew, width, height,
        words)
    SELECT n, 1, 'ocr', body, 92, 0, 0, 595, 842, '[]' FROM stage WHERE body <> ''
    """,
    "DROP INDEX ix_search_texts_found",
    # As registry.indexing writes it; the keys are those that its trigger would give.
    """
    INSERT INTO search_texts (entry_id, fields, language, keys, vector)
    SELECT n, fields, 'el',
           array_remove(ARRAY[unit, CASE WHEN other <> unit THEN other END, -person,
               CASE WHEN direction <> 'outgoing' THEN {secretariat} END,
               1000000000000000 + n / 20000], NULL),
           setweight(to_tsvector('simple', fields), 'A')
           || setweight(to_tsvector('simple', body_words), 'C')
           || setweight(to_tsvector('greek', fields), 'A')
           || setweight(to_tsvector('greek', body_words), 'C')
           || array_to_tsvector(ARRAY['=' || reference_key])
      FROM stage ORDER BY n
    """,
    "CREATE INDEX ix_search_texts_found ON search_texts USING gin (vector, keys) "
    "WITH (gin_pending_list_limit = 512)",
    "SELECT setval('entries_id_seq', {count}), setval('files_id_seq', {count})",
    "DROP TABLE stage",
)


def _spread(superuser: "Connection[Any]", made: House) -> None:
    values = {
        "body": made.body_id,
        "book": made.book_id,
        "secretariat": made.secretariat_id,
        "clerk": made.users["clerk"],
        "count": made.entries,
        "years": YEARS,
    }
    for statement in FILL:
        superuser.execute(statement.format(**values).encode())
