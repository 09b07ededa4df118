"""The circulation sheet: who did what, when, for whom, with digests; objections for staff only."""

import pypdfium2
import pytest

from docflow import audit, circulation
from docflow.circulation import sheets, versions
from docflow.office import Office
from docflow.organization import ActsAs
from tests import factories
from tests.docflow.circulation.chaining import countersigns, deputised, informs, signs
from tests.docflow.steps import begun, circulated, draft, signed
from tests.factories import Town

RIGHT = circulation.Secrets(password=factories.KEY_PASSWORD)


@pytest.fixture
def draft_id(signing_office: Office, town: Town) -> int:
    """Returned once, then countersigned with an objection and signed by order."""
    made = begun(signing_office, town)[1]
    chain = [
        countersigns(town, 1, "director"),
        informs(town, 1, "lawyer"),
        signs(town, 2, "mayor"),
    ]
    circulated(signing_office, town, made, *chain)
    with signing_office.db.begin() as session:
        by = town.person(session, "director")
        circulation.send_back(session, made, by=by, reason="Λείπει το ποσό της δαπάνης")
    circulated(signing_office, town, made, *chain)
    with signing_office.db.begin() as session:
        by = town.person(session, "director")
    circulation.sign(signing_office, made, by=by, secrets=RIGHT, objection="Δεν υπάρχει πίστωση")
    deputised(signing_office, town, "mayor", "secretary", acts_as=ActsAs.BY_ORDER)
    signed(signing_office, town, made, "secretary")
    return made


def words(office: Office, town: Town, draft_id: int, *, for_staff: bool) -> str:
    with office.db.begin() as session:
        by = town.person(session, "engineer")
    made = sheets.sheet(office, draft_id, by=by, for_staff=for_staff)
    with pypdfium2.PdfDocument(made.pdf) as pdf:
        told = " ".join(page.get_textpage().get_text_range() for page in pdf)
    return " ".join(told.replace("\ufffe", "").split())


def test_the_staff_copy_says_all(signing_office: Office, town: Town, draft_id: int) -> None:
    told = words(signing_office, town, draft_id, for_staff=True)
    for said in (
        "ΦΥΛΛΟ ΚΥΚΛΟΦΟΡΙΑΣ",
        "Γιώργος Αλεξίου",
        "Λείπει το ποσό της δαπάνης",
        "Δεν υπάρχει πίστωση",
        "Ελένη Ράπτη",
        "Με εντολή, αντί: Νίκος Παπαδόπουλος",
        "Ιωάννα Σταύρου",
        "Προσυπογράφηκε",
        "ΥΠΗΡΕΣΙΑΚΗ ΧΡΗΣΗ",
    ):
        assert said in told, said


def test_the_other_copy_has_neither_reasons_nor_objections(
    signing_office: Office, town: Town, draft_id: int
) -> None:
    told = words(signing_office, town, draft_id, for_staff=False)
    assert "Ελένη Ράπτη" in told
    for hidden in ("Λείπει το ποσό", "πίστωση", "ΥΠΗΡΕΣΙΑΚΗ"):
        assert hidden not in told


def test_the_sheet_has_the_digests_of_versions_rounds_and_signatures(
    signing_office: Office, town: Town, draft_id: int
) -> None:
    told = words(signing_office, town, draft_id, for_staff=True).replace(" ", "")
    with signing_office.db.begin() as session:
        by = town.person(session, "engineer")
        row = circulation.get(session, draft_id, by=by)
        digests = [one.sha256 for one in versions.versions(session, draft_id, by=by)]
        digests += [s.sha256 for s in circulation.steps(session, row, by=by) if s.sha256]
    assert len(digests) == 3
    assert draft(signing_office, draft_id).current_sha256 in digests
    for digest in digests:
        assert digest in told


def test_who_may_not_see_the_draft_gets_no_sheet(
    signing_office: Office, town: Town, draft_id: int
) -> None:
    with signing_office.db.begin() as session:
        by = town.person(session, "clerk")
    with pytest.raises(circulation.NoSuchDraft):
        sheets.sheet(signing_office, draft_id, by=by)


def test_the_print_is_in_the_trail(signing_office: Office, town: Town, draft_id: int) -> None:
    words(signing_office, town, draft_id, for_staff=False)
    with signing_office.db.begin() as session:
        last = audit.history(session, [("draft", draft_id)])[-1]
    assert (last.action, last.details) == ("draft.sheet-printed", {"for_staff": False})


def test_a_draft_that_never_circulated_has_a_sheet_too(signing_office: Office, town: Town) -> None:
    made = begun(signing_office, town)[1]
    assert "δεν έχει σταλεί προς υπογραφή" in words(signing_office, town, made, for_staff=True)
