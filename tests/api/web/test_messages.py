"""The pages of messages to citizens, of deliveries and of publication, and the public acts."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from lxml import etree  # type: ignore[import-untyped]
from sqlalchemy import delete, select

from api.app import create_app
from api.deps import LANGUAGE_COOKIE
from docflow import dispatch, documents, messages, organization, parties, registry, throttle
from docflow.dispatch import Delivery
from docflow.messages import Addressee
from docflow.office import Office
from tests import factories
from tests.api.browsing import Browser, hidden, words
from tests.api.conftest import House

Browsing = Callable[..., Browser]
ATOM = {"a": "http://www.w3.org/2005/Atom"}


@pytest.fixture
def delivery(house: House) -> Delivery:
    """An issued document that waits to be picked up; its notice was sent."""
    with house.office.db.begin() as session:
        entry = factories.letter(
            session,
            house.town,
            direction=registry.Direction.OUTGOING,
            sender=None,
            recipients=(parties.Contact(name="Άννα Πολίτη"),),
        )
        documents.attach(
            session,
            entry.id,
            [factories.uploaded(house.office, b"%PDF-1.4 copy", "1.pdf")],
            by=house.town.person(session, "clerk"),
            languages=[],
            role=documents.FileRole.EXACT_COPY,
        )
        by = house.town.person(session, "clerk")
        to = Addressee("anna@example.gr", "6912345678", "el")
        row = dispatch.place(session, entry, recipient_name="Άννα Πολίτη", to=to, by=by)
    house.run_jobs()
    return row


def path(house: House, row: Delivery) -> str:
    with house.office.db.read() as session:
        entry = session.get_one(registry.Entry, row.entry_id)
        return f"/entries/koino/{entry.year}/{entry.number}"


def test_the_list_shows_what_was_sent_without_whole_addresses(
    browsing: Browsing, house: House, delivery: Delivery
) -> None:
    registrar = browsing("registrar")
    page = registrar.get("/messages")
    said = words(page)
    assert "a•••@example.gr" in said
    assert "anna@example.gr" not in page.text
    assert "A document is ready to be picked up" in said
    assert "No SMS gateway is set" in said
    assert browsing("engineer").get("/messages").status_code == 403


def test_the_texts_of_all_bodies_are_shown_in_a_demonstration_alone(committed: Office) -> None:
    demo = replace(committed, settings=committed.settings.model_copy(update={"demo": True}))
    folder = messages.sms.folder(committed.settings)
    folder.mkdir(parents=True)
    (folder / "1.sms.txt").write_text("+306912345678 Code: 12345678", encoding="utf-8")
    with committed.db.begin() as session:
        town = factories.municipality(session)
        user = session.get_one(organization.User, town.users["administrator"])
        organization.grant(session, user, organization.Role.INSTALLATION)
    for office, username, is_shown in (
        (committed, "administrator", False),
        (demo, "registrar", False),
        (demo, "administrator", True),
    ):
        with Browser(office, create_app(office)) as browser:
            browser.login(town.users[username])
            page = words(browser.get("/messages"))
        assert "No SMS gateway is set" in page
        assert ("12345678" in page) is is_shown, (username, office.settings.demo)


def test_the_office_words_a_message_and_sees_how_it_looks(browsing: Browsing, house: House) -> None:
    registrar = browsing("registrar")
    assert "pickup-ready/hu" in registrar.get("/messages/templates").text
    address = "/messages/templates/pickup-reminder/en"
    seen = hidden(registrar.get(address))["seen"]
    typed = {"seen": seen, "subject": "Hello {body}", "text": "Come: {link}", "sms": ""}
    shown = registrar.post(address, data={**typed, "act": "preview"})
    assert "Hello Δήμος Παραδείγματος" in words(shown)
    bad = registrar.post(address, data={**typed, "text": "Come: {lnk}"})
    assert bad.status_code == 422
    assert "Only {number}, {link}, {day}, {body}, {portal} are filled in" in words(bad)
    assert "Come: {lnk}" in bad.text, "what was typed stays"
    assert registrar.post(address, data=typed).status_code == 303
    late = registrar.post(address, data={**typed, "text": "Too late: {link}"})
    assert late.status_code == 409
    assert "Too late: {link}" in late.text
    assert registrar.get("/messages/templates/no-such/en").status_code == 404
    assert registrar.get("/messages/templates/receipt/de").status_code == 404


def test_deliveries_are_seen_by_pile_and_proven(
    browsing: Browsing, house: House, delivery: Delivery
) -> None:
    clerk = browsing("clerk")
    page = clerk.get("/deliveries?pile=waiting")
    assert "Άννα Πολίτη" in words(page)
    proof = clerk.get(f"/deliveries/{delivery.id}/proof")
    assert (proof.status_code, proof.headers["content-type"]) == (200, "application/pdf")
    opened = clerk.get(f"/deliveries/{delivery.id}/entry")
    assert opened.headers["location"] == path(house, delivery)
    lawyer = browsing("lawyer")
    assert "Άννα Πολίτη" not in words(lawyer.get("/deliveries?pile=waiting"))
    assert lawyer.get(f"/deliveries/{delivery.id}/proof").status_code == 404


def test_an_act_is_published_found_and_withdrawn(
    browsing: Browsing, house: House, visitor: Browser, delivery: Delivery
) -> None:
    registrar = browsing("registrar")
    address = f"{path(house, delivery)}/publication"
    assert address in registrar.get(path(house, delivery)).text
    refused = registrar.post(address, data={"subject": "Ορισμός επιτροπής"})
    assert refused.status_code == 422
    assert "Ορισμός επιτροπής" in refused.text
    typed = {"subject": "Ορισμός επιτροπής έργων", "is_checked": "1", "ada": "ΨΙ0Ρ46ΜΓΨΦ-ΖΡΜ"}
    assert registrar.post(address, data=typed).status_code == 303

    listed = visitor.get("/acts?q=επιτροπησ&year=&unit=&kind=")
    [act_id] = re.findall(r'href="/acts/(\d+)"', listed.text)
    assert "Ορισμός επιτροπής έργων" in words(listed)
    assert "Ορισμός επιτροπής έργων" in words(visitor.get(f"/acts/{act_id}"))
    assert 'value="επιτροπησ"' in listed.text  # what was looked for stays in the form, and
    assert "/acts/feed.atom?q=" in listed.text  # the feed is of that
    for query, acts in (("q=επιτροπησ&year=x", 1), ("year=1900", 0)):
        feed = etree.fromstring(visitor.get(f"/acts/feed.atom?{query}").content)
        assert len(feed.findall("a:entry", namespaces=ATOM)) == acts
    copy = visitor.get(f"/acts/{act_id}/file")
    assert (copy.content, copy.headers["content-type"]) == (b"%PDF-1.4 copy", "application/pdf")
    for odd in ("/acts?year=x&unit=y", "/acts?q=%00", "/acts?start=1000000", "/acts?year=9999"):
        assert visitor.get(odd).status_code == 200

    atom = etree.fromstring(visitor.get("/acts/feed.atom").content)
    assert atom.xpath("string(//a:entry/a:title)", namespaces=ATOM).endswith("έργων")
    assert atom.xpath("string(//a:entry/a:id)", namespaces=ATOM).endswith(f"/acts/{act_id}")
    rss = etree.fromstring(visitor.get("/acts/feed.rss").content)
    assert rss.findtext("channel/item/guid", "").endswith(f"/acts/{act_id}")

    withdraw = f"/publications/{act_id}/withdraw"
    assert registrar.post(withdraw, data={"reason": ""}).status_code == 422
    assert browsing("engineer").post(withdraw, data={"reason": "Όχι"}).status_code == 404
    assert registrar.post(withdraw, data={"reason": "Κατά λάθος"}).status_code == 303
    gone = visitor.get(f"/acts/{act_id}")
    assert gone.status_code == 410
    assert "Κατά λάθος" in words(gone)
    assert visitor.get(f"/acts/{act_id}/file").status_code == 404
    assert "έργων" not in words(visitor.get("/acts"))


def test_guessed_codes_are_an_alarm(
    browsing: Browsing, house: House, visitor: Browser, delivery: Delivery
) -> None:
    with house.office.db.begin() as session:
        session.execute(delete(throttle.Tries))
    administrator = browsing("administrator")
    assert "guesses codes" not in words(administrator.get("/system"))
    for _ in range(3):
        visitor.post(f"/pickup/{delivery.token}", data={"code": "00000000"})
    with house.office.db.begin() as session:
        for _ in range(house.office.settings.alarm_wrong_codes - 3):
            throttle.wrong(session, "pickup", "testclient")
        [key] = session.scalars(
            select(throttle.Tries.key).where(
                throttle.Tries.key.like("wrong:%"), throttle.Tries.count == 3
            )
        ).all()
        for _ in range(house.office.settings.alarm_wrong_codes - 3):
            throttle.wrong(session, "pickup", key.removeprefix("wrong:pickup:"))
    assert "Somebody guesses codes" in words(administrator.get("/system"))
    with house.office.db.begin() as session:
        session.execute(delete(throttle.Tries))


def test_the_portal_speaks_four_languages_and_the_staff_pages_two(visitor: Browser) -> None:
    for language in messages.LANGUAGES:
        visitor.cookies.clear()
        visitor.cookies.set(LANGUAGE_COOKIE, language)
        page = visitor.get("/verify")
        assert f'<html lang="{language}"' in page.text
        others = re.findall(r'href="/language/(\w+)\?', page.text)
        assert set(others) == set(messages.LANGUAGES) - {language}
        chosen = visitor.get(f"/language/{language}?to=/verify")
        assert f"{LANGUAGE_COOKIE}={language}" in chosen.headers["set-cookie"]
    visitor.cookies.clear()
    login = visitor.get("/login", headers={"Accept-Language": "hu, en;q=0.5"})
    assert '<html lang="en"' in login.text
    assert set(re.findall(r'href="/language/(\w+)\?', login.text)) == {"el"}
    page = visitor.get("/verify", headers={"Accept-Language": "hu, en;q=0.5"})
    assert '<html lang="hu"' in page.text
