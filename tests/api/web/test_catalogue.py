"""The office's side of the services: loading, deploying, wording, answering."""

from collections.abc import Callable
from itertools import count

from docflow import services
from docflow.services import Folder
from tests import offers
from tests.api.browsing import Browser, hidden, words
from tests.api.conftest import House

_numbers = count(1)


def _folder(**changes: object) -> Folder:
    return offers.folder(code=f"permit-{next(_numbers)}", kind=None, **changes)


def _load(browser: Browser, folder: Folder):
    files = [("file", (f"{folder.name}.zip", services.packed(folder), "application/zip"))]
    return browser.post("/catalogue", files=files)


def test_a_folder_is_loaded_deployed_and_withdrawn(browsing: Callable[..., Browser]):
    admin = browsing("administrator")
    folder = _folder()
    answer = _load(admin, folder)
    assert answer.headers["location"] == f"/catalogue/{folder.name}?done=service-loaded"
    page = admin.get(f"/catalogue/{folder.name}")
    assert "Not offered yet" in words(page)
    draft = words(admin.get(f"/catalogue/{folder.name}/versions/1"))
    assert "Full name" in draft
    assert "radios : Square, Park" in draft or "radios: Square, Park" in draft
    form = {"version_id": hidden(page)["version_id"], "seen": "", "unit_id": ""}
    assert admin.post(f"/catalogue/{folder.name}/deploy", data=form).status_code == 303
    assert admin.get(f"/services/{folder.name}").status_code == 200
    again = admin.post(f"/catalogue/{folder.name}/deploy", data=form)
    assert again.status_code == 409
    assert "changed this service on" in words(again)
    seen = hidden(admin.get(f"/catalogue/{folder.name}"))["seen"]
    bare = admin.post(f"/catalogue/{folder.name}/withdraw", data={"seen": seen, "reason": ""})
    assert (bare.status_code, "Write the reason" in words(bare)) == (422, True)
    form = {"seen": seen, "reason": "Απόφαση 12"}
    assert admin.post(f"/catalogue/{folder.name}/withdraw", data=form).status_code == 303
    assert "Withdrawn" in words(admin.get("/catalogue"))
    packed = admin.get(f"/catalogue/{folder.name}/versions/1/folder")
    assert services.read_zip(packed.content).digest == folder.digest


def test_what_is_wrong_stands_with_file_and_line(browsing: Callable[..., Browser]):
    page = _load(browsing("administrator"), _folder(level="friend"))
    assert page.status_code == 422
    assert "service.json:" in words(page)
    assert "“friend” cannot stand here" in words(page)
    assert "no ZIP file" in words(
        browsing("administrator").post("/catalogue", files=[("file", ("x.zip", b"x", "a/b"))])
    )


def test_others_see_the_services_and_load_none(browsing: Callable[..., Browser]):
    clerk = browsing("clerk")
    page = clerk.get("/catalogue")
    assert (page.status_code, "Load a service" in words(page)) == (200, False)
    assert _load(clerk, _folder()).status_code == 403


def test_the_head_words_the_service_and_keeps_what_was_typed(
    house: House, browsing: Callable[..., Browser]
):
    folder = _folder()
    offers.offered(house.office, house.town, folder)
    head, admin = browsing("director"), browsing("administrator")
    address = f"/catalogue/{folder.name}/words"
    page = head.get(address)
    form = {
        **hidden(page),
        "title_el": "Περίπτερα",
        "title_en": "Kiosks",
        "summary_el": "α",
        "summary_en": "a",
        "paper.0.el": "Διαβατήριο",
        "paper.0.en": "Passport",
        "paper.0.required": "1",
        "basis.0.el": "ν. 1",
        "basis.0.en": "Law 1",
        "fee_el": "5 €",
        "fee_en": "5 €",
    }
    untitled = head.post(address, data={**form, "title_en": ""})
    assert untitled.status_code == 422
    assert 'href="#title_en">Write this in English.' in untitled.text
    assert head.post(address, data=form).status_code == 303
    read = words(head.get(f"/services/{folder.name}"))
    assert "Kiosks" in read
    assert "Passport yes" in read  # the note that the form does not ask for stays
    for field in ("number", "paper.0.was"):
        endless = admin.post(address, data={**form, field: "9" * 5000})
        assert endless.status_code in (409, 422), field
    late = admin.post(address, data={**form, "title_en": "Mine"})
    assert late.status_code == 409
    assert "Γιώργος Αλεξίου wrote here on" in words(late)
    assert 'value="Mine"' in late.text
    assert browsing("engineer").get(address).status_code == 403


def test_an_answer_is_written_and_found_by_the_phone(browsing: Callable[..., Browser]):
    admin = browsing("administrator")
    form = {
        "kind": "knowledge",
        "title_el": "Ωράριο",
        "title_en": "Opening hours",
        "text_el": "Από τις 8.",
        "text_en": "From **8**.",
    }
    bare = admin.post("/articles/new", data={**form, "text_en": ""})
    assert (bare.status_code, "Write it in Greek and in English" in words(bare)) == (422, True)
    assert 'value="Opening hours"' in bare.text
    assert admin.post("/articles/new", data=form).status_code == 303
    clerk = browsing("clerk")
    assert "From 8 ." in words(clerk.get("/knowledge?q=ωράρια"))
    assert "Opening hours" not in words(clerk.get("/questions"))
    assert clerk.get("/articles/new").status_code == 403
