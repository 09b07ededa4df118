"""Case files and classification plans over the JSON API."""

from collections.abc import Callable
from datetime import date

import httpx
import pytest

from docflow.case_files import class_lists, plans
from docflow.office import Office
from tests import factories
from tests.api.v1.calling import registered
from tests.docflow import steps

Calling = Callable[..., httpx.Client]


@pytest.fixture
def roads(town: factories.Town) -> dict[str, object]:
    return {"title": "Γέφυρα", "unit_id": town.units["ΟΔΟΠ"]}


def opened(client: httpx.Client, **body: object) -> dict[str, object]:
    answer = client.post("/case-files", json=body)
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"/api/v1/case-files/{answer.json()['id']}"
    return answer.json()  # type: ignore[no-any-return]


def test_a_file_is_opened_filled_moved_from_and_closed(
    calling: Calling, roads: dict[str, object]
) -> None:
    clerk = calling("clerk")
    entry = registered(clerk)
    cited = f"{entry['book']}:{entry['number']}/{entry['year']}"
    file = opened(clerk, **roads, entry=cited)
    other = opened(clerk, **roads, parent_id=file["id"])
    [document] = file["contents"]
    assert (document["number"], document["entry"]["label"]) == (1, entry["label"])
    assert other["above"][0]["id"] == file["id"]
    [found] = clerk.get("/case-files", params={"entry": cited}).json()["items"]
    assert found["code"] == file["code"]
    again = clerk.post(f"/case-files/{other['id']}/documents", json={"entry": cited})
    assert (again.status_code, again.json()["type"]) == (
        409,
        "urn:docflow:problem:already-in-case-file",
    )
    place = f"/case-files/documents/{document['item_id']}"
    moved = clerk.post(f"{place}/move", json={"to": other["id"], "reason": "Υποφάκελος"})
    assert moved.json()["id"] == other["id"]
    late = clerk.post(f"{place}/removal", json={"reason": "Λάθος"})
    assert late.json()["type"].endswith("moved-meanwhile")
    loop = {"parent_id": other["id"], "version": 1}
    assert clerk.put(f"/case-files/{file['id']}/parent", json=loop).status_code == 409
    registrar = calling("registrar")
    closing = {"version": other["version"]}
    refused = registrar.post(f"/case-files/{other['id']}/closing", json=closing)
    assert refused.json()["type"].endswith("open-items")
    closing["reason"] = "Στο αρχείο"
    closed = registrar.post(f"/case-files/{other['id']}/closing", json=closing).json()
    assert closed["closed_at"]
    stale = {"version": other["version"], "reason": "Πάλι"}
    assert registrar.post(f"/case-files/{other['id']}/reopening", json=stale).status_code == 409
    cover = {**roads, "title": "Άλλη", "version": file["version"]}
    assert clerk.put(f"/case-files/{file['id']}", json=cover).json()["title"] == "Άλλη"
    assert clerk.get(f"/case-files/{file['id']}/contents.pdf").content.startswith(b"%PDF")


def test_what_is_not_open_is_not_there(calling: Calling, roads: dict[str, object]) -> None:
    file = opened(calling("clerk"), **roads)
    lawyer = calling("lawyer")
    assert lawyer.get(f"/case-files/{file['id']}").status_code == 404
    assert file["id"] not in [one["id"] for one in lawyer.get("/case-files").json()["items"]]
    export = {"form": "zip"}
    assert lawyer.post(f"/case-files/{file['id']}/exports", json=export).status_code == 404
    reader = calling("clerk", "read")
    assert reader.post("/case-files", json=roads).status_code == 403


def test_lists_go_on_with_a_cursor_of_their_own(calling: Calling, roads: dict[str, object]) -> None:
    clerk = calling("clerk")
    made = [opened(clerk, **{**roads, "title": f"Σειρά {n}"})["id"] for n in range(3)]
    first = clerk.get("/case-files", params={"q": "σειρα", "limit": 2}).json()
    more = {"q": "σειρα", "limit": 2, "cursor": first["next_cursor"]}
    second = clerk.get("/case-files", params=more).json()
    ids = [one["id"] for one in first["items"] + second["items"]]
    assert ids[:3] == made[::-1]
    assert clerk.get("/case-files", params={**more, "q": "άλλο"}).status_code == 422


def test_an_export_is_made_by_a_job(
    calling: Calling, roads: dict[str, object], api_office: Office
) -> None:
    clerk = calling("clerk")
    file = opened(clerk, **roads)
    asked = clerk.post(f"/case-files/{file['id']}/exports", json={"form": "zip"})
    assert (asked.status_code, asked.json()["state"]) == (202, "waiting")
    address = f"/case-files/exports/{asked.json()['id']}"
    assert clerk.get(f"{address}/file").status_code == 409
    steps.run_jobs(api_office, "case-files.export")
    assert clerk.get(address).json()["state"] == "done"
    assert clerk.get(f"{address}/file").content[:2] == b"PK"
    assert calling("registrar").get(address).status_code == 404


def test_a_plan_is_imported_dry_kept_and_put_in_force(
    calling: Calling, api_office: Office, town: factories.Town
) -> None:
    administrator, clerk = calling("administrator"), calling("clerk")
    made = administrator.post("/classification", json={"code": "Τ", "title": "Σχέδιο"})
    assert made.status_code == 201
    body = {"classes": [{"code": "7", "title": "Έργα"}, {"code": "7.1", "title": "Οδοί"}]}
    dry = administrator.put("/classification/Τ/draft", json={**body, "dry_run": True}).json()
    assert (dry["added"], dry["draft"]) == (["7", "7.1"], None)
    kept = administrator.put("/classification/Τ/draft", json={**body, "revision": 0})
    assert kept.json()["draft"] == 1
    stale = administrator.put("/classification/Τ/draft", json={**body, "revision": 0})
    assert stale.json()["type"].endswith("plan-changed")
    wrong = {"classes": [{"code": "7", "title": "Έργα", "parent": "6"}]}
    assert administrator.put("/classification/Τ/draft", json=wrong).status_code == 422
    day = {"first_day": "2020-01-01"}
    put = administrator.post("/classification/Τ/in-force", json=day).json()
    assert put["versions"][0]["state"] == "in-force"
    assert clerk.post("/classification/Τ/in-force", json=day).status_code == 403
    entry = registered(clerk)
    address = f"/entries/{entry['book']}/{entry['year']}/{entry['number']}/class"
    assert clerk.put(address, json={"class_code": "7.1"}).json()["title"] == "Οδοί"
    assert clerk.put(address, json={"class_code": "9"}).status_code == 422
    names = [one["code"] for one in clerk.get("/classification/classes").json()["items"]]
    assert names == ["7", "7.1"]
    assert clerk.get("/classification/classes?on=2019-12-31").json()["items"] == []
    assert "7.1;7;Οδοί" in clerk.get("/classification/Τ/list?form=csv").text
    with api_office.db.read() as session:
        [plan] = plans.listing(session, by=town.person(session, "clerk"))
    assert plan.versions[0].valid_from == date(2020, 1, 1)
    assert class_lists.read(clerk.get("/classification/Τ/list").content)[1].parent == "7"
    mask = administrator.put("/classification/mask", json={"mask": "Φ{n:03}/{unit}/{year}"})
    assert mask.json()["mask"] == "Φ{n:03}/{unit}/{year}"
    assert administrator.put("/classification/mask", json={"mask": "{n}"}).status_code == 422
