"""What happens in the house is told to those whom it concerns, and settled when it is done."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import circulation, clock, documents, notices, organization, outbox, registry
from docflow.circulation import issuing
from docflow.documents import outcomes
from docflow.notices import Notice, NoticeKind
from docflow.office import Office
from docflow.organization import Appointment, DeputyScope
from tests import factories
from tests.docflow.circulation.chaining import countersigns, signs
from tests.docflow.notices.waiting import count
from tests.docflow.steps import begun, circulated, run_jobs, signed
from tests.factories import Town


def kinds(office: Office, town: Town, username: str, *, unread: bool = True) -> list[str]:
    """What the person was told, the oldest first; only what is unread."""
    with office.db.read() as session:
        mine = select(Notice.kind).where(Notice.user_id == town.users[username])
        if unread:
            mine = mine.where(Notice.read_at.is_(None))
        return list(session.scalars(mine.order_by(Notice.id)))


@pytest.fixture
def draft_id(signing_office: Office, town: Town) -> int:
    made = begun(signing_office, town)[1]
    circulated(
        signing_office, town, made, countersigns(town, 1, "director"), signs(town, 2, "mayor")
    )
    return made


def test_whose_turn_it_is_is_told_and_done_when_he_has_signed(
    signing_office: Office, town: Town, draft_id: int
) -> None:
    assert kinds(signing_office, town, "director")[-1] == NoticeKind.TO_COUNTERSIGN
    assert NoticeKind.TO_SIGN not in kinds(signing_office, town, "mayor")
    signed(signing_office, town, draft_id, "director")
    assert NoticeKind.TO_COUNTERSIGN not in kinds(signing_office, town, "director")
    assert kinds(signing_office, town, "mayor") == [NoticeKind.TO_SIGN]
    with signing_office.db.read() as session:
        mayor = town.person(session, "mayor")
        [line] = notices.listing.listed(session, by=mayor).lines
        assert line.subject.page == f"/drafts/{draft_id}"
        assert line.by == "Γιώργος Αλεξίου"


@pytest.mark.parametrize(
    ("act", "kind"),
    [
        (circulation.send_back, NoticeKind.DRAFT_RETURNED),
        (circulation.reject, NoticeKind.DRAFT_REJECTED),
    ],
)
def test_the_drafter_is_told_what_became_of_his_draft_and_nobody_is_asked_any_more(
    signing_office: Office, town: Town, draft_id: int, act: object, kind: NoticeKind
) -> None:
    with signing_office.db.begin() as session:
        act(session, draft_id, by=town.person(session, "director"), reason="Λάθος ποσό")
    assert kinds(signing_office, town, "engineer")[-1] == kind
    assert NoticeKind.TO_COUNTERSIGN not in kinds(signing_office, town, "director")


def test_the_drafter_is_told_of_an_objection_and_of_the_issue(
    signing_office: Office, town: Town, draft_id: int
) -> None:
    with signing_office.db.read() as session:
        director = town.person(session, "director")
    secrets = circulation.Secrets(password=factories.KEY_PASSWORD)
    circulation.sign(
        signing_office, draft_id, by=director, secrets=secrets, objection="Διαφωνώ με το ποσό."
    )
    signed(signing_office, town, draft_id, "mayor")
    run_jobs(signing_office, "circulation.issue")
    told = kinds(signing_office, town, "engineer")
    assert told[-2:] == [NoticeKind.OBJECTED, NoticeKind.ISSUED]


def test_a_draft_that_a_person_may_not_see_is_not_in_his_list(
    signing_office: Office, town: Town, draft_id: int
) -> None:
    with signing_office.db.begin() as session:
        notices.tell(
            session,
            [town.users["lawyer"]],
            kind=NoticeKind.TO_SIGN,
            about=("draft", draft_id),
            by=organization.system(town.body_id),
        )
    assert count(signing_office, town, "lawyer") == 0


def test_the_registrar_is_told_of_an_annulment_and_who_asked_how_it_was_decided(
    session: Session, office: Office, town: Town
) -> None:
    first, second = factories.letter(session, town), factories.letter(session, town)
    clerk, registrar = town.person(session, "clerk"), town.person(session, "registrar")
    asked = [
        registry.request_annulment(session, one.id, reason="Διπλή", by=clerk)
        for one in (first, second)
    ]
    assert kinds(office, town, "registrar") == [NoticeKind.ANNULMENT_ASKED] * 2
    registry.approve_annulment(session, asked[0].id, by=registrar)
    registry.refuse_annulment(session, asked[1].id, reason="Δεν είναι διπλή", by=registrar)
    assert kinds(office, town, "registrar") == []
    assert kinds(office, town, "clerk") == [
        NoticeKind.ANNULMENT_APPROVED,
        NoticeKind.ANNULMENT_REFUSED,
    ]


def test_who_registered_a_letter_is_told_that_a_file_of_it_cannot_be_read(
    office: Office, town: Town
) -> None:
    with office.db.begin() as session:
        entry = factories.letter(session, town, factories.uploaded(office, b"%PDF-1.7", "a.pdf"))
        [file] = documents.files(session, entry.id)
    outcomes.failure(office, file.id, "unavailable", "")  # tried again by itself
    assert kinds(office, town, "clerk") == []
    outcomes.failure(office, file.id, "damaged", "")
    assert kinds(office, town, "clerk") == [NoticeKind.READING_FAILED]


def test_a_deputy_is_told_of_his_appointment(session: Session, town: Town) -> None:
    today = clock.today()
    wanted = Appointment(
        person_id=town.users["director"],
        deputy_id=town.users["secretary"],
        valid_from=today,
        valid_to=today + timedelta(days=7),
        scope=DeputyScope.ALL,
    )
    organization.deputies.appoint(session, wanted, by=town.person(session, "director"))
    [line] = notices.listing.listed(session, by=town.person(session, "secretary")).lines
    assert line.kind == NoticeKind.DEPUTY
    assert "Γιώργος Αλεξίου" in line.subject.name.in_language("el")  # type: ignore[union-attr]


def test_a_failed_issue_is_told_to_the_drafter(
    signing_office: Office, town: Town, draft_id: int
) -> None:
    signed(signing_office, town, draft_id, "director", "mayor")
    run = outbox.Run(signing_office, 0, outbox.MAX_ATTEMPTS)
    issuing.give_up(run, draft_id=draft_id, why="the seal is away")
    assert kinds(signing_office, town, "engineer")[-1] == NoticeKind.ISSUE_FAILED
