"""One box finds numbers, names, references and words, however they are written (rows 92, 93)."""

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from docflow import documents, parties, registry, search
from docflow.office import Office
from docflow.registry import Entry
from docflow.registry.indexing import index
from tests import factories
from tests.factories import Town


@pytest.fixture
def entry(session: Session, town: Town) -> Entry:
    """Among other letters, one about the decisions on an application."""
    factories.letter(session, town, subject="Πρόσκληση σε συνεδρίαση")
    wanted = factories.letter(
        session,
        town,
        subject="Αποφάσεις για την Αίτηση αδειοδότησης του Οδυσσέα",
        sender=parties.Contact(name="Ευσταθία Ζαΐμη – Őry & Šířka"),
        sender_reference="ΕΓΚ. 88/61230",
    )
    factories.letter(session, town, subject="Τιμολόγιο προμήθειας")
    return wanted


def found(session: Session, town: Town, query: str) -> list[int]:
    result = search.search(session, query, by=town.person(session, "clerk"))
    assert result.total == len(result.hits)
    return [hit.line.id for hit in result.hits]


@pytest.mark.parametrize(
    "query",
    [
        "ΑΙΤΗΣΗ",
        "αίτηση",
        "αιτηση",
        "αἴτησ",  # polytonic, the beginning of a word
        "αίτησης",  # another case of the word: final sigma, stem
        "απόφαση",
        "ΑΠΟΦΑΣΗ",
        "αποφ",
        "Οδυσσέας",
        "ΟΔΥΣΣΕΑΣ",
        "ζαιμη",
        "ory",
        "sirka",
        "αίτηση οδυσσέα",
        "Αι\u0301τηση",  # decomposed
        "ΕΓΚ. 88/61230",
        "εγκ 88-61230",
        "EΓK 88/61230",  # Latin E and K
        "«αίτηση»",
    ],
)
def test_a_letter_is_found_by(session: Session, town: Town, entry: Entry, query: str) -> None:
    assert found(session, town, query) == [entry.id]


@pytest.mark.parametrize("query", ["{n}", "{n}/{y}", "αρ. {n}", "ΕΞ {n}", "{n} / {y}"])
def test_a_number_opens_its_entry(session: Session, town: Town, entry: Entry, query: str) -> None:
    assert found(session, town, query.format(n=entry.number, y=entry.year)) == [entry.id]


def test_a_reference_of_the_sender_is_not_taken_for_a_number_of_ours(
    session: Session, town: Town, entry: Entry
) -> None:
    cited = factories.letter(session, town, sender_reference=f"ΕΓΚ. {entry.number}")
    assert found(session, town, f"εγκ {entry.number}") == [cited.id]


def test_a_number_of_another_year_is_not_found(session: Session, town: Town, entry: Entry) -> None:
    assert found(session, town, f"{entry.number}/{entry.year - 1}") == []


def test_a_code_and_the_address_in_its_qr_open_the_entry(
    session: Session, town: Town, entry: Entry
) -> None:
    code = registry.codes.shown(entry.verification_code)
    for query in (code, code.lower(), f"https://x.example/verify/{code}"):
        assert found(session, town, query) == [entry.id]


@pytest.mark.parametrize("query", ["", "   ", "\x00", "!!", "_", "ανύπαρκτο", "αίτηση ανύπαρκτο"])
def test_nothing_is_found_by(session: Session, town: Town, entry: Entry, query: str) -> None:
    assert found(session, town, query) == []


def test_the_passage_shows_the_found_word_in_the_file(office: Office, town: Town) -> None:
    with office.db.begin() as session:
        letter = factories.letter(session, town, factories.uploaded(office, b"x"))
        [file] = documents.files(session, letter.id)
        text = "Στην αρχή πολλά λόγια. Οι εργασίες αποκατάστασης θα γίνουν. " + "Τέλος. " * 40
        session.add(
            documents.models.PageText(
                file_id=file.id,
                page=1,
                source="ocr",
                text=text,
                rotation=0,
                skew=0,
                width=1,
                height=1,
                words=[],
            )
        )
        session.flush()
        registry.indexing.index_again(session, file.id)
        result = search.search(session, "ΕΡΓΑΣΙΑ", by=town.person(session, "clerk"))
    [hit] = result.hits
    assert "Οι ⟦εργασίες⟧ αποκατάστασης" in hit.passage
    assert len(hit.passage) < 300


def test_a_letter_whose_subject_has_the_word_comes_before_one_whose_file_has_it(
    session: Session, town: Town
) -> None:
    in_file = factories.letter(session, town, subject="Πρώτο")
    in_subject = factories.letter(session, town, subject="Υδροδότηση")
    index(session, in_file, named=[], body="υδροδότηση")
    assert found(session, town, "υδροδότηση") == [in_subject.id, in_file.id]


def test_pages_of_hits_follow_each_other(session: Session, town: Town) -> None:
    wanted = {factories.letter(session, town, subject="Κοινό θέμα").id for _ in range(5)}
    by = town.person(session, "clerk")
    pages = [search.search(session, "κοινό", by=by, offset=offset, limit=2) for offset in (0, 2, 4)]
    assert {page.total for page in pages} == {5}
    hits = [hit.line.id for page in pages for hit in page.hits]
    assert len(hits) == 5
    assert set(hits) == wanted


def test_the_longest_scan_of_different_words_can_be_indexed(session: Session, town: Town) -> None:
    """PostgreSQL refuses a vector of more than 1 MB."""
    letter = factories.letter(session, town)
    words = (f"λέξη{n:x}" for n in range(60_000))
    index(session, letter, named=[], body=" ".join(words))
    assert found(session, town, "λέξη1") != []


@given(st.text(max_size=60))
@hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_query_is_an_error(session: Session, town: Town, query: str) -> None:
    search.search(session, query, by=town.person(session, "clerk"))
