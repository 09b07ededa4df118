"""Services over the API: read by anybody, kept by the administrator."""

from collections.abc import Callable
from itertools import count
from typing import Any

import httpx

from docflow import services
from docflow.services import Folder
from tests import offers

_codes = (f"api-permit-{n}" for n in count(1))


def _load(caller: httpx.Client, folder: Folder) -> httpx.Response:
    packed = services.packed(folder)
    return caller.post("/services", files={"folder": (f"{folder.name}.zip", packed)})


def _offered(admin: httpx.Client) -> tuple[str, dict[str, Any]]:
    code = next(_codes)
    loaded = _load(admin, offers.folder(code=code, kind=None))
    assert loaded.status_code == 201, loaded.text
    asked = {"version_id": loaded.json()["version_id"]}
    answer = admin.post(f"/services/{code}/deployments", json=asked)
    assert answer.status_code == 200, answer.text
    return code, answer.json()


def test_a_service_is_loaded_deployed_read_and_withdrawn(
    calling: Callable[..., httpx.Client], client: httpx.Client
):
    admin = calling("administrator")
    code, deployed = _offered(admin)
    assert (deployed["state"], deployed["items"][0]["holds"]) == ("deployed", True)
    shown = client.get(f"/services/{code}").json()
    assert (shown["title"], shown["fee"], shown["level"]) == ("Kiosk permit", "50 €", "visitor")
    assert shown["form"]["x-groups"][0]["fields"] == ["full_name", "email", "place"]
    assert shown["downloads"][0]["href"] == f"/services/{code}/files/dilosi.pdf"
    listed = client.get("/services", params={"q": "kiosks"}).json()
    assert code in [one["code"] for one in listed["items"]]
    seen = deployed["seen"]
    stale = {"reason": "x", "seen": seen + 1}
    assert admin.post(f"/services/{code}/withdrawal", json=stale).status_code == 409
    gone = admin.post(f"/services/{code}/withdrawal", json={"reason": "x", "seen": seen}).json()
    assert (gone["state"], gone["seen"]) == ("withdrawn", None)
    assert client.get(f"/services/{code}").status_code == 404


def test_each_fault_of_a_folder_has_its_place(calling: Callable[..., httpx.Client]):
    folder = offers.folder(code=next(_codes), level="friend", fee=5)
    answer = _load(calling("administrator"), folder)
    assert answer.status_code == 422
    problem = answer.json()
    assert problem["type"] == "urn:docflow:problem:bad-service"
    pointers = [one["pointer"] for one in problem["errors"]]
    assert pointers == ["/service.json/fee", "/service.json/level"]


def test_only_an_administrator_keeps_services(clerk: httpx.Client, client: httpx.Client):
    assert _load(clerk, offers.folder()).status_code == 403
    assert _load(client, offers.folder()).status_code == 401


def test_words_and_articles_are_written_in_versions(
    calling: Callable[..., httpx.Client], client: httpx.Client
):
    admin = calling("administrator")
    code, _ = _offered(admin)
    now = admin.get(f"/services/{code}/words").json()
    seen = {"version_id": now["version_id"], "number": now["number"]}
    said = {**seen, "words": {"fee": {"el": "Δωρεάν", "en": "Free"}}}
    assert admin.put(f"/services/{code}/words", json=said).json()["number"] == 1
    assert admin.put(f"/services/{code}/words", json=said).status_code == 409
    assert client.get(f"/services/{code}").json()["fee"] == "Free"
    article = {
        "kind": "question",
        "service": code,
        "title": {"el": "Πότε;", "en": "When?"},
        "text": {"el": "Τώρα", "en": "Now"},
    }
    made = admin.post("/articles", json=article).json()
    [found] = client.get("/questions", params={"service": code}).json()["items"]
    assert (found["id"], found["version"], found["written_by"]) == (made["id"], 1, None)
    changed = {"title": article["title"], "text": {"el": "Αύριο", "en": "Tomorrow"}, "version": 1}
    assert admin.put(f"/articles/{made['id']}", json=changed).json()["version"] == 2
    assert admin.put(f"/articles/{made['id']}", json=changed).status_code == 409
    assert admin.delete(f"/articles/{made['id']}", params={"version": 2}).status_code == 204
    assert client.get("/questions", params={"service": code}).json()["items"] == []
