"""Services: loaded, deployed, withdrawn, found, and worded by the office."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import audit, kinds, organization, services
from docflow.accounts import Level
from docflow.office import Office
from docflow.principal import NotAllowed
from docflow.services import BadService, BadWording, ServiceChanged
from docflow.workdays import DayUnit
from tests import factories, offers
from tests.factories import Town

CODE = "kiosk-permit"


def test_a_service_added_by_files_is_on_offer(office: Office, town: Town, session: Session) -> None:
    draft = offers.loaded(office, town)
    with pytest.raises(services.NoSuchService):
        services.deployed(session, town.body_id, CODE)
    by = town.person(session, "administrator")
    services.deploy(session, draft.version_id, seen=None, by=by)
    found = services.deployed(session, town.body_id, CODE)
    assert (found.id, found.number, found.level) == (draft.version_id, 1, Level.VISITOR)
    assert found.unit_id == town.units["ΟΔΟΠ"]  # as the folder says
    assert found.deadline is not None
    assert (found.deadline.days, found.deadline.unit) == (20, DayUnit.WORKING)
    assert found.subject("el", {"place": "Πλατεία"}) == "Περίπτερο στη θέση Πλατεία"
    assert services.may_be_filed(found)
    assert kinds.named(session, "kiosk", by=by).definition.title_en == "Kiosk permit"
    actions = session.scalars(
        select(audit.Event.action).where(audit.Event.subject_type == "service")
    )
    assert list(actions) == ["service.loaded", "service.deployed"]


def test_what_runs_stays_on_its_version(office: Office, town: Town, session: Session) -> None:
    first = offers.offered(office, town)
    changed = offers.folder(fee={"el": "60 €", "en": "60 €"}, level="registered")
    second = offers.offered(office, town, changed)
    assert (second.number, second.is_new) == (2, True)
    old = services.version(session, first.version_id)
    assert (old.level, old.definition.fee("en"), old.is_deployed) == (Level.VISITOR, "50 €", False)
    now = services.deployed(session, town.body_id, CODE)
    assert (now.number, now.level, now.definition.fee("en")) == (2, Level.REGISTERED, "60 €")


def test_the_same_folder_is_one_version(office: Office, town: Town) -> None:
    first = offers.loaded(office, town)
    again = offers.loaded(office, town)
    assert replace(first, is_new=False) == again


def test_only_an_administrator_loads_deploys_and_withdraws(
    office: Office, town: Town, session: Session
) -> None:
    draft = offers.loaded(office, town)
    director = town.person(session, "director")
    with pytest.raises(NotAllowed):
        services.load(office, offers.folder(), by=director)
    with pytest.raises(NotAllowed):
        services.deploy(session, draft.version_id, seen=None, by=director)
    with pytest.raises(NotAllowed):
        services.withdraw(session, CODE, reason="x", seen=None, by=director)
    with pytest.raises(NotAllowed):
        services.export(office, draft.version_id, by=director)


def test_nobody_deploys_over_what_he_did_not_see(
    office: Office, town: Town, session: Session
) -> None:
    offers.offered(office, town)
    second = offers.loaded(office, town, offers.folder(fee=None))
    by = town.person(session, "administrator")
    with pytest.raises(ServiceChanged, match="Σοφία Λάμπρου changed this service on"):
        services.deploy(session, second.version_id, seen=None, by=by)


def test_a_bad_folder_is_not_loaded(office: Office, town: Town, session: Session) -> None:
    with pytest.raises(BadService) as caught:
        offers.loaded(office, town, offers.folder(level="friend"))
    assert [one.at for one in caught.value.problems] == ["level"]
    assert services.listing(session, by=town.person(session, "administrator")) == []


def test_a_service_needs_a_unit_of_the_body(office: Office, town: Town, session: Session) -> None:
    draft = offers.loaded(office, town, offers.folder(unit="ΞΕΝΗ"))
    by = town.person(session, "administrator")
    with pytest.raises(services.NoUnit):
        services.deploy(session, draft.version_id, seen=None, by=by)
    services.deploy(session, draft.version_id, unit_id=town.units["ΝΟΜ"], seen=None, by=by)
    assert services.deployed(session, town.body_id, CODE).unit_id == town.units["ΝΟΜ"]


def test_a_withdrawn_service_is_offered_no_more_until_it_is_deployed_again(
    office: Office, town: Town, session: Session
) -> None:
    draft = offers.offered(office, town)
    by = town.person(session, "administrator")
    with pytest.raises(BadWording):
        services.withdraw(session, CODE, reason=" ", seen=draft.version_id, by=by)
    services.withdraw(session, CODE, reason="Απόφαση 12", seen=draft.version_id, by=by)
    with pytest.raises(services.ServiceWithdrawn):
        services.deployed(session, town.body_id, CODE)
    assert services.catalogue(session, town.body_id, "el").total == 0
    assert services.version(session, draft.version_id).title("en") == "Kiosk permit"
    services.deploy(session, draft.version_id, seen=None, by=by)
    assert services.deployed(session, town.body_id, CODE).is_deployed
    assert [step.reason for step in services.steps(session, CODE, by=by)] == ["", "Απόφαση 12", ""]


def test_another_body_knows_nothing_of_it(office: Office, town: Town, session: Session) -> None:
    draft = offers.offered(office, town)
    other = factories.municipality(session, code="alli")
    stranger = other.person(session, "administrator")
    assert services.listing(session, by=stranger) == []
    with pytest.raises(services.NoSuchVersion):
        services.deploy(session, draft.version_id, seen=None, by=stranger)
    with pytest.raises(services.NoSuchService):
        services.deployed(session, other.body_id, CODE)


@pytest.mark.parametrize(
    "typed",
    ["περίπτερο", "ΠΕΡΙΠΤΕΡΑ", "άδεια περιπτέρων", "kiosks", "ψιλικα", "Δ103.7", "πως περιπτ"],
)
def test_it_is_found_by_any_form_of_its_words(
    office: Office, town: Town, session: Session, typed: str
) -> None:
    offers.offered(office, town)
    found = services.catalogue(session, town.body_id, "en", text=typed)
    assert [card.title for card in found.cards] == ["Kiosk permit"]


@pytest.mark.parametrize("typed", ["γάμος", "'", "& | !", "\\", "()", ":*"])
def test_nothing_is_found_by_other_words_or_signs(
    office: Office, town: Town, session: Session, typed: str
) -> None:
    offers.offered(office, town)
    assert services.catalogue(session, town.body_id, "el", text=typed).cards == ()


def test_the_catalogue_has_headings_on_every_axis(
    office: Office, town: Town, session: Session
) -> None:
    offers.offered(office, town)
    own = {"code": "squares", "title": {"el": "Πλατείες", "en": "Squares"}}
    other = offers.folder(code="square-stage", interest_groups=["business", own], kind=None)
    offers.offered(office, town, other)
    found = services.catalogue(session, town.body_id, "en")
    titles = {
        axis: [(one.title, one.count) for one in several]
        for axis, several in found.headings.items()
    }
    assert titles["interest"] == [("Business", 2), ("Squares", 1)]
    assert titles["family"] == [("Δ103 Services to businesses", 2)]
    assert titles["life"] == [("Starting a business", 2)]
    chosen = services.catalogue(session, town.body_id, "en", group=("interest", "squares"))
    assert [card.code for card in chosen.cards] == ["square-stage"]


def test_the_most_popular_are_those_asked_for_most(
    office: Office, town: Town, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def count(session: Session, body_id: int, since: datetime) -> dict[str, int]:
        return {"square-stage": 3, "unknown": 9}

    monkeypatch.setattr("docflow.services.offers._counts", [count])
    offers.offered(office, town)
    offers.offered(office, town, offers.folder(code="square-stage", kind=None))
    found = services.catalogue(session, town.body_id, "en")
    assert [(card.code, card.asked) for card in found.popular] == [("square-stage", 3)]


def test_a_service_for_information_has_neither_form_nor_process(
    office: Office, town: Town, session: Session
) -> None:
    folder = offers.folder(
        form=None, process=None, applicant=None, unique_by=None, subject=None, kind=None
    )
    offers.offered(office, town, folder)
    found = services.deployed(session, town.body_id, CODE)
    assert not services.may_be_filed(found)


def _write(session: Session, town: Town, who: str, **words: Any) -> None:
    by = town.person(session, who)
    now = services.wordings.words(session, CODE, by=by)
    seen = (now.version_id, now.number)
    services.wordings.write(session, CODE, words, seen=seen, by=by)


def test_the_head_of_the_unit_words_the_service(
    office: Office, town: Town, session: Session
) -> None:
    draft = offers.offered(office, town)
    _write(session, town, "director", fee={"el": "Δωρεάν από το 2027", "en": "Free from 2027"})
    found = services.deployed(session, town.body_id, CODE)
    assert found.definition.fee("en") == "Free from 2027"
    assert found.definition.title("en") == "Kiosk permit"
    [written] = services.wordings.history(session, draft.version_id)
    assert (written.number, written.who) == (1, "Γιώργος Αλεξίου")
    [card] = services.catalogue(session, town.body_id, "el").cards
    assert card.fee == "Δωρεάν από το 2027"


def test_the_words_are_found_and_go_along_with_the_folder(
    office: Office, town: Town, session: Session
) -> None:
    draft = offers.offered(office, town)
    _write(session, town, "administrator", summary={"el": "Για κουλούρια.", "en": "For pretzels."})
    assert services.catalogue(session, town.body_id, "el", text="κουλούρι").cards
    by = town.person(session, "administrator")
    folder = services.export(office, draft.version_id, by=by)
    again = services.load(office, folder, by=by)
    assert again.number == 2
    assert services.version(session, again.version_id).definition.summary("en") == "For pretzels."


def test_words_are_checked_and_nobody_writes_over_another(
    office: Office, town: Town, session: Session
) -> None:
    offers.offered(office, town)
    by = town.person(session, "director")
    now = services.wordings.words(session, CODE, by=by)
    seen = (now.version_id, now.number)
    _write(session, town, "administrator", title={"el": "Περίπτερα", "en": "Kiosks"})
    with pytest.raises(ServiceChanged, match="Σοφία Λάμπρου wrote here on"):
        services.wordings.write(session, CODE, {"fee": None}, seen=seen, by=by)
    _write(session, town, "director", fee={})
    assert services.deployed(session, town.body_id, CODE).definition.fee("en") == ""
    with pytest.raises(BadWording) as caught:
        _write(session, town, "director", title={"el": "", "en": "Kiosks"})
    assert caught.value.field == "title.el"
    for title, field in (({"el": "Περίπτερα"}, "title.en"), ({}, "title.el")):
        with pytest.raises(BadWording, match="Write this in") as caught:
            _write(session, town, "director", title=title)
        assert caught.value.field == field
    with pytest.raises(BadWording):
        _write(session, town, "director", level={"el": "none", "en": "none"})


@pytest.mark.parametrize("who", ["engineer", "secretary", "clerk"])
def test_others_do_not_word_it(office: Office, town: Town, session: Session, who: str) -> None:
    offers.offered(office, town)
    with pytest.raises(NotAllowed):
        _write(session, town, who, fee={"el": "1 €", "en": "1 €"})


def test_a_service_goes_on_with_the_successor_of_its_unit(
    office: Office, town: Town, session: Session
) -> None:
    offers.offered(office, town)
    by = town.person(session, "administrator")
    organization.work.inherit(session, town.units["ΟΔΟΠ"], town.units["ΝΟΜ"], by=by)
    assert services.deployed(session, town.body_id, CODE).unit_id == town.units["ΝΟΜ"]


def test_a_file_of_the_folder_is_as_it_was_loaded(
    office: Office, town: Town, session: Session
) -> None:
    draft = offers.offered(office, town)
    assert services.file(session, office, draft.version_id, "forms/dilosi.pdf") == offers.PDF
    with pytest.raises(services.NoSuchServiceFile):
        services.file(session, office, draft.version_id, "../service.json")
