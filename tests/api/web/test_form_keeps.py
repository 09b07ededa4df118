"""The registration form loses nothing that was typed, and says nothing that nobody typed."""

import re
from collections.abc import Callable
from html import unescape
from itertools import count
from pathlib import Path

import pytest
from starlette.datastructures import FormData

import api
from api.web import forms, interrupted
from docflow import kinds
from docflow.kinds import Defaults, Definition, Field, FieldType
from tests.api.browsing import Browser, hidden, letter, typed, words
from tests.api.conftest import House

_codes = (f"entypo-{n}" for n in count(1))
PERMIT = Definition(
    title_el="Άδεια καταστήματος",
    title_en="Shop permit",
    directions=("incoming",),
    defaults=Defaults(subject="Αίτηση άδειας καταστήματος"),
    fields=(
        Field("shop", FieldType.TEXT, "Κατάστημα", "Shop", is_required=True),
        Field("area", FieldType.WHOLE, "Εμβαδόν", "Area"),
    ),
)


@pytest.fixture
def kind(house: House) -> str:
    """The code of a kind of this test alone."""
    code = next(_codes)
    with house.office.db.begin() as session:
        kinds.define(session, code, PERMIT, by=house.town.person(session, "administrator"))
    return code


def _registered(answer) -> str:
    assert answer.status_code == 303, words(answer)
    return answer.headers["location"].removesuffix("?registered=1")


def test_a_number_at_once_keeps_all_that_was_typed(house: House, clerk: Browser):
    sent = letter(
        act="now",
        sender="Παντοπωλείο Η Γωνιά",
        sender_email="gonia@example.gr",
        subject="",
        attachments_note="δύο σχέδια",
        concerned="Ελένη Μάρκου",
        depositor="Κώστας Ράπτης",
        addressee_unit_id=str(house.town.units["ΟΔΟΠ"]),
    )
    files = [("files", ("κάτοψη.txt", b"a plan of the shop", "text/plain"))]
    page = words(clerk.get(_registered(clerk.post("/register", data=sent, files=files))))
    for said in (
        "Προς περιγραφή",
        "Παντοπωλείο Η Γωνιά",
        sent["sender_reference"],
        "01/02/2026",
        "δύο σχέδια",
        "Ελένη Μάρκου",
        "Κώστας Ράπτης",
        "κάτοψη.txt",
    ):
        assert said in page, said
    titled = words(
        clerk.get(_registered(clerk.post("/register", data=letter(act="now", subject="Ένσταση"))))
    )
    assert "Ένσταση" in titled
    assert "Προς περιγραφή" not in titled.split("Ένσταση")[0]


def test_what_is_wrong_in_it_is_told_and_nothing_is_lost(clerk: Browser):
    answer = clerk.post("/register", data=letter(act="now", subject="", due_on="32/1/2026"))
    assert answer.status_code == 422
    assert 'href="#due_on"' in answer.text
    assert typed(answer, "sender") == "Σύλλογος Κατοίκων"


def test_a_kind_that_is_only_remembered_does_not_stick_to_a_number_at_once(
    browsing: Callable[..., Browser], kind: str
):
    clerk = browsing("clerk")
    _registered(clerk.post("/register", data=letter(kind=kind, **{"value.shop": "Γωνιά"})))
    form = clerk.get("/register")
    assert typed(form, "subject") == "Αίτηση άδειας καταστήματος"
    shown = {"kind": kind, "kind_version": "1", "subject": "Αίτηση άδειας καταστήματος"}
    unseen = clerk.get(_registered(clerk.post("/register", data={"act": "now", **shown})))
    assert "Shop permit" not in words(unseen)
    assert "Προς περιγραφή" in words(unseen)
    # Who typed into it has looked: its required field may still wait, until it is described
    seen = {**shown, "act": "now", "value.area": "40", "sender": "Άννα Μάρκου"}
    address = _registered(clerk.post("/register", data=seen))
    assert "Shop permit" in words(clerk.get(address))
    described = {"subject": "Αίτηση άδειας", "sender": "Άννα Μάρκου", "kind": kind}
    still = clerk.post(f"{address}/describe", data={**described, "reason": "συμπλήρωση"})
    assert still.status_code == 422
    assert 'href="#value.shop"' in still.text
    whole = {**described, "reason": "συμπλήρωση", "value.shop": "Γωνιά"}
    assert clerk.post(f"{address}/describe", data=whole).status_code == 303
    assert "Γωνιά" in words(clerk.get(address))


@pytest.mark.parametrize(
    ("field", "blamed"),
    [
        ({"concerned_tax_number": "090000045"}, "concerned"),
        ({"sender": "", "sender_tax_number": "090000045"}, "sender"),
        ({"sender": "", "sender_email": "a@example.gr", "act": "now"}, "sender"),
        ({"sender": "", "sender_address": "Οδός 1", "act": "now"}, "sender"),
    ],
)
def test_of_somebody_without_a_name_nothing_is_dropped(
    clerk: Browser, field: dict[str, str], blamed: str
):
    answer = clerk.post("/register", data=letter(**field))
    assert answer.status_code == 422
    assert f'href="#{blamed}"' in answer.text
    assert "Write the name too" in words(answer)


def test_the_direction_is_changed_without_losing_the_form(
    browsing: Callable[..., Browser], kind: str
):
    clerk = browsing("clerk")
    form = clerk.get("/register")
    sent = {
        **letter(act="outgoing", kind=kind, sender_email="s@example.gr", priority="urgent"),
        "form_key": hidden(form)["form_key"],
        "value.shop": "Γωνιά",
    }
    files = [("files", ("σχέδιο.txt", b"goes with the form", "text/plain"))]
    turned = clerk.post("/register", data=sent, files=files)
    assert turned.status_code == 200
    assert "New outgoing document" in words(turned)
    kept = hidden(turned)
    assert kept["direction"] == "outgoing"
    assert kept["form_key"] == sent["form_key"]
    assert kept["sender"] == "Σύλλογος Κατοίκων"
    assert kept["sender_email"] == "s@example.gr"
    assert typed(turned, "recipients") == "Σύλλογος Κατοίκων"
    assert typed(turned, "subject") == sent["subject"]
    assert '<option value="urgent" selected>' in turned.text
    assert "σχέδιο.txt" in words(turned)
    # The kind is not one of outgoing documents; what was typed into it is told
    assert f'<option value="{kind}"' not in turned.text
    assert "Typed before, for a field that is no longer here: Γωνιά" in words(turned)
    notes = re.search(r'name="kept" value="([^"]*)"', turned.text)
    assert notes
    sent |= {
        "act": "incoming",
        "direction": "outgoing",
        "recipients": "Σύλλογος Κατοίκων",
        "kept": unescape(notes[1]),
    }
    back = clerk.post("/register", data=sent)
    assert "New incoming document" in words(back)
    assert typed(back, "sender") == "Σύλλογος Κατοίκων"
    assert "σχέδιο.txt" in words(back)
    sent |= {"act": "", "direction": "incoming", "kind": ""}
    sent.pop("value.shop")
    assert "σχέδιο.txt" in words(clerk.get(_registered(clerk.post("/register", data=sent))))


def test_enter_in_a_field_registers_and_does_not_turn_the_form(clerk: Browser):
    page = clerk.get("/register").text
    buttons = re.findall(r'<button [^>]*type="submit"[^>]*>', page[page.index("<main") :])
    assert "register-form" in buttons[0]
    assert "name=" not in buttons[0]


def test_the_next_document_of_the_same_sender_begins_at_its_kind(clerk: Browser, kind: str):
    answer = clerk.post("/register", data=letter(act="keep"))
    page = clerk.get(answer.headers["location"]).text
    assert re.search(r'<select [^>]*name="kind"[^>]* autofocus', page)
    assert page.count("autofocus") == 1
    outgoing = clerk.get("/register?direction=outgoing").text
    assert re.search(r'<textarea [^>]*name="recipients"[^>]* autofocus', outgoing)


def test_a_kind_that_was_sent_before_its_defaults_came_brings_its_subject(
    clerk: Browser, kind: str
):
    sent = letter(kind=kind, subject="", **{"value.shop": "Γωνιά"})
    page = clerk.get(_registered(clerk.post("/register", data=sent)))
    assert "Αίτηση άδειας καταστήματος" in words(page)
    seen = clerk.post("/register", data={**sent, "kind_version": "1"})  # emptied by a person
    assert seen.status_code == 422


def test_no_form_that_is_kept_carries_a_secret(house: House):
    """Every field of ours that a browser hides, or fills with a one-time code, is one of them."""
    fields: set[str] = set()
    for path in (Path(api.__file__).parent / "templates" / "web").rglob("*.html"):
        for line in path.read_text(encoding="utf-8").splitlines():
            for name, rest in re.findall(r'ui\.field\("(\w+)"(.*?)\) \}\}', line):
                if 'type="password"' in rest or "one-time-code" in rest:
                    fields.add(name)
    assert {"password", "pin", "otp", "repeated"} <= fields
    assert fields <= forms.SECRET_FIELDS
    typed = FormData([(name, "1234") for name in sorted(fields)] + [("subject", "Αίτηση")])
    assert interrupted.kept(house.office, "/keys", typed, body_id=1).fields == [
        ("subject", "Αίτηση")
    ]
