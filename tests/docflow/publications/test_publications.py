"""Public acts: who publishes what, what is refused, the ΑΔΑ, the public list, withdrawal."""

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from docflow import audit, documents, parties, publications, registry
from docflow.publications import Personal, Wanted
from docflow.publications.personal import found_in
from tests import factories
from tests.factories import Town

SUBJECT = "Ορισμός αντιδημάρχων"
ADA = "ΨΙ0Ρ46ΜΓΨΦ-ΖΡΜ"
Make = Callable[..., registry.Entry]


@pytest.fixture
def act(session: Session, town: Town) -> Make:
    """An outgoing entry with its exact copy, as issuing leaves it."""

    def make(*, issued: bool = True, **changes: object) -> registry.Entry:
        entry = factories.letter(
            session,
            town,
            **{
                "direction": registry.Direction.OUTGOING,
                "subject": SUBJECT,
                "sender": None,
                "recipients": (parties.Contact(name="Περιφέρεια"),),
                **changes,
            },
        )
        if issued:
            documents.attach(
                session,
                entry.id,
                [documents.Upload("1-2026.pdf", "ab" * 32, 100, "application/pdf")],
                by=town.person(session, "clerk"),
                languages=[],
                role=documents.FileRole.EXACT_COPY,
            )
        return entry

    return make


def publish(
    session: Session, town: Town, entry: registry.Entry, *, by: str = "registrar", **said: object
) -> publications.Publication:
    told = {"is_checked": True, **said}
    person = town.person(session, by)
    return publications.publish(session, entry.id, **told, by=person)  # type: ignore[arg-type]


def found(session: Session, town: Town, **wanted: object) -> list[str]:
    page = publications.acts(session, town.body_id, Wanted(**wanted))  # type: ignore[arg-type]
    assert page.total == len(page.lines)
    return [one.number for one in page.lines]


def test_an_act_is_public_with_number_and_copy(session: Session, town: Town, act: Make) -> None:
    entry = act()
    row = publish(session, town, entry, ada="ψι0ρ46μγψφ-ζρμ", subject="Ορισμός")
    shown = publications.act(session, town.body_id, row.id)
    assert (shown.number, shown.ada, shown.subject) == (entry.label, ADA, "Ορισμός")
    assert publications.file(session, town.body_id, row.id) == ("1-2026.pdf", "ab" * 32)
    assert audit.history(session, [("entry", entry.id)])[-1].action == "act.published"
    with pytest.raises(publications.PublishedAlready):
        publish(session, town, entry)


def test_it_is_found_by_words_number_ada_and_year(session: Session, town: Town, act: Make) -> None:
    first, second = act(), act(subject="Έγκριση προϋπολογισμού 100%_έργου")
    publish(session, town, first, ada=ADA)
    publish(session, town, second)
    assert found(session, town) == [second.label, first.label]
    assert found(session, town, words="ΑΝΤΙΔΗΜΑΡΧΩΝ ορισμος") == [first.label]
    assert found(session, town, words=first.label) == [first.label]
    assert found(session, town, words="ψι0ρ46") == [first.label]
    assert found(session, town, words="0%_ε") == [second.label]
    assert found(session, town, words="αντιδημάρχων προϋπολογισμού") == []
    assert found(session, town, year=first.year) == [second.label, first.label]
    assert found(session, town, year=1821) == found(session, town, kind="Άλλο") == []


@pytest.mark.parametrize("who", ["clerk", "engineer", "director", "auditor", "mayor"])
def test_who_has_no_right_publishes_nothing(
    session: Session, town: Town, act: Make, who: str
) -> None:
    entry = act()
    with pytest.raises((publications.NotYoursToPublish, registry.NoSuchEntry)):
        publish(session, town, entry, by=who)
    assert found(session, town) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"has_personal_data": True},
        {"grade": registry.Grade.RESTRICTED},
        {"issued": False},
        {
            "direction": registry.Direction.INCOMING,
            "sender": parties.Contact(name="Α"),
            "recipients": (),
        },
    ],
    ids=["personal data", "graded", "not issued", "incoming"],
)
def test_what_is_never_made_public(
    session: Session, town: Town, act: Make, changes: dict[str, object]
) -> None:
    with pytest.raises(publications.NotPublishable):
        publish(session, town, act(**changes), in_spite=True)


def test_somebody_must_have_looked(session: Session, town: Town, act: Make) -> None:
    with pytest.raises(publications.NotChecked):
        publish(session, town, act(), is_checked=False)


def test_what_looks_personal_is_looked_at_first(session: Session, town: Town, act: Make) -> None:
    entry = act(subject="Άδεια του ΑΦΜ 123456783")
    with pytest.raises(publications.PersonalDataFound) as caught:
        publish(session, town, entry)
    assert [(one.what, one.shown) for one in caught.value.found] == [(Personal.TAX_NUMBER, "…6783")]
    assert publish(session, town, entry, in_spite=True).id


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("ΑΦΜ 123456783", [Personal.TAX_NUMBER]),
        ("αρ. πρωτ. 123456789", []),  # no check digit of a person
        ("ΑΜΚΑ 01018012342", [Personal.SOCIAL_NUMBER]),
        ("κωδικός 99138012343", []),  # no day of birth
        ("στον GR16 0110 1250 0000 0001 2300 695", [Personal.ACCOUNT]),
        ("σήμα GR17 0110 1250 0000 0001 2300 695", []),  # no check digits of an account
        ("κιν. 691 234 5678", [Personal.MOBILE]),
        ("τηλ. 210 1234567", []),
        ("anna@example.gr και info@paradeigma.example", [Personal.MAIL]),
        ("Ποσό 1.234.567,89 € για το έτος 2026", []),
    ],
)
def test_what_looks_personal(text: str, what: list[Personal]) -> None:
    own = frozenset({"info@paradeigma.example"})
    assert [one.what for one in found_in(text, own=own)] == what


@pytest.mark.parametrize("typed", ["123", "ΨΙ0Ρ46ΜΓΨΦ", "ΨΙ0Ρ-46", "<script>"])
def test_what_is_no_ada(session: Session, town: Town, act: Make, typed: str) -> None:
    with pytest.raises(publications.BadAda):
        publish(session, town, act(), ada=typed)


def test_an_ada_is_of_one_act(session: Session, town: Town, act: Make) -> None:
    publish(session, town, act(), ada=ADA)
    other = publish(session, town, act())
    by = town.person(session, "registrar")
    with pytest.raises(publications.AdaTaken):
        publications.set_ada(session, other.id, ADA, by=by)
    assert publications.set_ada(session, other.id, "ABEZHI46-MOP", by=by).ada == "ΑΒΕΖΗΙ46-ΜΟΡ"


def test_an_annulled_act_says_so(session: Session, town: Town, act: Make) -> None:
    entry = act()
    row = publish(session, town, entry)
    before = row.changed_at
    factories.annulled(session, town, entry.id)
    session.expire_all()
    [shown] = publications.acts(session, town.body_id, Wanted()).lines
    assert shown.is_annulled
    assert shown.changed_at > before
    assert publications.feed(session, town.body_id, Wanted())[0].is_annulled


def test_a_withdrawn_act_leaves_the_list_and_its_address_says_why(
    session: Session, town: Town, act: Make
) -> None:
    entry = act()
    row = publish(session, town, entry, ada=ADA)
    by = town.person(session, "registrar")
    for reason in ("", "  ", "α" * 1001):
        with pytest.raises(publications.WithdrawalReason):
            publications.withdraw(session, row.id, reason=reason, by=by)
    publications.withdraw(session, row.id, reason="Δημοσιεύτηκε κατά λάθος", by=by)
    session.flush()
    assert found(session, town) == []
    shown = publications.act(session, town.body_id, row.id)
    assert shown.withdrawal_reason == "Δημοσιεύτηκε κατά λάθος"
    with pytest.raises(publications.NoSuchPublication):
        publications.file(session, town.body_id, row.id)
    with pytest.raises(publications.NoSuchPublication):
        publications.withdraw(session, row.id, reason="Ξανά", by=by)
    assert publish(session, town, entry, ada=ADA).id != row.id  # it may be published again


def test_what_can_be_chosen_is_what_there_is(session: Session, town: Town, act: Make) -> None:
    entry = act()
    publish(session, town, entry)
    page = publications.acts(session, town.body_id, Wanted())
    assert list(page.years) == [entry.year]
    assert (list(page.units), list(page.kinds)) == ([], [])
