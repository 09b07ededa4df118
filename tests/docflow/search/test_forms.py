"""What is typed into the box, what it means, and in how many forms of it entries are found."""

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from docflow import outbox, parties, registry, search
from docflow.office import Office
from docflow.registry import findable
from docflow.registry.indexing import index_anew
from docflow.search import typed
from tests import factories
from tests.factories import Town


def found(session: Session, town: Town, query: str, who: str = "clerk") -> list[int]:
    result = search.search(session, query, by=town.person(session, who))
    return [hit.line.id for hit in result.hits]


@pytest.fixture
def letters(session: Session, town: Town) -> dict[str, int]:
    """Letters in four languages, with references and addresses."""
    said = {
        "greek": {"subject": "Οι εργασίες ἐν τῷ ᾠδείῳ τοῦ Δήμου, ΑΔΑ 6ΩΡΞ46Μ-ΧΥΖ"},
        "hungarian": {
            "subject": "Kérelem az ügyiratok másolatának kiadása iránt, űrlapokkal",
            "sender": parties.Contact(name="Kovács Őry Gábor", email="ory.gabor@example.hu"),
        },
        "czech": {
            "subject": "Žádost o rozšíření vozovky, šířka ulice v obci podle přílohy na straně",
            "sender": parties.Contact(name="Jiří Dvořák"),
        },
        "reference": {
            "subject": "Πρόσκληση υποβολής προσφοράς ΑΒΕ",
            "sender_reference": "Φ.ΕΓΚ 88/61230-β",
        },
    }
    return {name: factories.letter(session, town, **how).id for name, how in said.items()}


FOUND = [
    ("εργασία", "greek"),
    ("ΕΡΓΑΣΙΩΝ", "greek"),
    ("τω ωδειω", "greek"),  # iota subscripts, which lower case makes letters of
    ("ᾠδείου", "greek"),
    ("6ΩΡΞ46Μ-ΧΥΖ", "greek"),
    ("6ωρξ46mxyz", "greek"),  # look-alikes typed on a Latin keyboard, without the hyphen
    ('"εργασίες εν"', "greek"),
    ("δήμος -προσφορά", "greek"),
    ("űrlapok", "hungarian"),
    ("urlap", "hungarian"),
    ("másolatok", "hungarian"),  # stem of «másolatának»
    ("ory.gabor@example.hu", "hungarian"),
    ("ŐRY", "hungarian"),
    ("šířkou", "czech"),
    ("sirky", "czech"),
    ("ulicí", "czech"),
    ("JIRI DVORAK", "czech"),
    ("ABE", "reference"),  # Latin letters
    ("ΕΓΚ 88/61230", "reference"),
    ("88-61230-Β", "reference"),
    ("φεγκ8861230β", "reference"),
]
NOT_FOUND = ('"εργασία εν"', "δήμος -εργασίες", "-δήμος", '"dvorak jiri"', "«»")


def test_is_found_however_it_is_written(
    session: Session, town: Town, letters: dict[str, int]
) -> None:
    names = {entry_id: name for name, entry_id in letters.items()}
    result = {query: [names[one] for one in found(session, town, query)] for query, _ in FOUND}
    assert result == {query: [name] for query, name in FOUND}
    assert [query for query in NOT_FOUND if found(session, town, query)] == []


def test_few_exact_hits_bring_what_begins_alike(session: Session, town: Town) -> None:
    exact = factories.letter(session, town, subject="Κάρτα στάθμευσης").id
    longer = factories.letter(session, town, subject="Καρτέλα υλικού").id
    assert found(session, town, "καρτ") == [exact, longer]
    assert found(session, town, "κάρτα") == [exact]


def test_an_entry_is_found_by_the_tax_number_of_its_sender(session: Session, town: Town) -> None:
    sender = parties.Contact(name="Αφοί Μαυρίδη ΟΕ", tax_number="094014201")
    entry = factories.letter(session, town, sender=sender)
    factories.letter(session, town)
    assert found(session, town, "094014201") == [entry.id]
    assert found(session, town, "ΑΦΜ 094014201") == [entry.id]
    assert found(session, town, "094014201", who="lawyer") == []


CITATIONS = [
    "{n}",
    "{n}/{y}",
    "{n}/{yy}",
    "{n}/21-11-{y}",
    "αρ. πρωτ. {n}/{y}",
    "ΕΙΣ {n}/{y}",
    "εξ. {n}",
    "koino {n}/{y}",
    "koino/{n}",
    "{n}/{y} (koino)",
    "https://protocol.example/entries/koino/{y}/{n}",
    "https://protocol.example/verify/{code}#L",
    "{code}",
]


def test_a_citation_means_its_entry(session: Session, town: Town) -> None:
    factories.letter(session, town)
    entry = factories.letter(session, town)
    clerk, lawyer = town.person(session, "clerk"), town.person(session, "lawyer")
    for query in CITATIONS:
        said = query.format(
            n=entry.number,
            y=entry.year,
            yy=entry.year % 100,
            code=registry.codes.shown(entry.verification_code),
        )
        result = search.search(session, said, by=clerk)
        assert [hit.line.id for hit in result.hits] == [entry.id], query
        assert result.is_cited, query
        assert result.is_one == (query not in ("{n}", "εξ. {n}", "koino/{n}")), query
        assert search.search(session, said, by=lawyer).hits == (), query


def test_a_direction_tells_two_series_apart(session: Session, town: Town) -> None:
    by = town.person(session, "administrator")
    registry.books.create(
        session,
        code="dio",
        title="Δύο σειρές",
        kind=registry.books.BookKind.THEMATIC,
        policy=registry.Policy(
            numbering=registry.Numbering.BY_DIRECTION, mask="{dir} {n:04}/{year}"
        ),
        by=by,
    )
    incoming = factories.letter(session, town, book="dio")
    to = (parties.Contact(name="Παραλήπτης"),)
    outgoing = factories.letter(
        session, town, book="dio", direction=registry.Direction.OUTGOING, sender=None, recipients=to
    )
    assert incoming.number == outgoing.number
    assert found(session, town, f"dio ΕΞ {outgoing.number}") == [outgoing.id]
    assert found(session, town, f"dio ΕΙΣ {incoming.number}/{incoming.year}") == [incoming.id]
    assert found(session, town, outgoing.label) == [outgoing.id]
    assert found(session, town, outgoing.label.replace(" ", "-").lower()) == [outgoing.id]


def test_a_number_in_quotes_is_sought_in_texts(session: Session, town: Town) -> None:
    entry = factories.letter(session, town)
    other = factories.letter(session, town, subject=f"Κλήση με αριθμό {entry.number}")
    assert found(session, town, str(entry.number)) == [entry.id]
    assert found(session, town, f'"{entry.number}"') == [other.id]


def test_the_parts_of_a_query() -> None:
    asked = typed.parse('αίτηση "της οδού" -Ερμού και ΑΒΕ 88/61 «μία φράση')
    assert [(term.words, term.is_phrase, term.is_excluded) for term in asked.terms] == [
        (("αιτηση",), False, False),
        (("τησ", "οδου"), True, False),
        (("ερμου",), False, True),
        (("αβε",), False, False),
        (("88", "61"), False, False),
        (("μια", "φραση"), True, False),
    ]
    assert [term.is_code for term in asked.terms] == [False, False, False, True, False, False]


@pytest.mark.parametrize(
    ("said", "language"),
    [
        ("Σας διαβιβάζουμε την αίτηση", "el"),
        ("We send you the application of the owner and the plan", "en"),
        ("Az űrlapot a hivatal részére", "hu"),
        ("Sdělení o řízení", "cs"),
        ("Die Gemeinde und der Antrag für das Amt", "de"),
        ("La demande de la commune est dans les délais pour une réponse", "fr"),
        ("123/2026", ""),
    ],
)
def test_the_language_of_a_text(said: str, language: str) -> None:
    assert findable.language(said) == language


def test_rows_of_an_older_form_are_found_and_written_anew(office: Office, town: Town) -> None:
    with office.db.begin() as session:
        entry = factories.letter(session, town, subject="Παλαιά μορφή 12/αβ")
        row = {"id": entry.id}
        session.execute(text("DELETE FROM search_texts WHERE entry_id = :id"), row)
        session.execute(
            text(
                "INSERT INTO search_texts (entry_id, fields, vector) "
                "VALUES (:id, '', to_tsvector('simple', 'παλαια μορφη'))"
            ),
            row,
        )
        assert found(session, town, "παλαιά", who="secretary") == [entry.id]
        assert found(session, town, "12αβ", who="secretary") == []
    index_anew(outbox.Run(office, 1, 1))
    with office.db.begin() as session:
        assert found(session, town, "12αβ", who="secretary") == [entry.id]
        keys = session.scalar(text("SELECT keys FROM search_texts WHERE entry_id = :id"), row)
    assert keys is not None
    assert 0 not in keys
