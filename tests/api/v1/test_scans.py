"""Scans, stamps and mailed receipts by the JSON API."""

import httpx
import pytest
from sqlalchemy import select

from docflow import outbox, registry
from docflow.office import Office
from tests.api.v1.calling import address, registered
from tests.docflow.scans.sheets import Sheet, batch

PDF = "application/pdf"


def settle(office: Office) -> None:
    for _ in range(3):
        with office.db.read() as session:
            ids = session.scalars(
                select(outbox.Job.id).where(
                    outbox.Job.state == "waiting", outbox.Job.task.like("scans.%")
                )
            ).all()
        for job_id in ids:
            outbox.run(office, job_id)


def send(client: httpx.Client, data: bytes) -> dict:
    answer = client.post("/scans", files={"file": ("δέσμη.pdf", data, PDF)})
    assert answer.status_code == 202, answer.text
    return answer.json()


def code(entry: dict) -> str:
    return entry["verification_url"] + registry.LABEL_MARK


def test_a_batch_files_itself(clerk: httpx.Client, api_office: Office) -> None:
    entry = registered(clerk)
    data = batch(Sheet("α", (code(entry),)), Sheet(blank=True), Sheet("β"))
    taken = send(clerk, data)
    assert taken["is_new"]
    assert send(clerk, data) == {"batch_id": taken["batch_id"], "is_new": False}
    settle(api_office)
    found = clerk.get(f"/scans/{taken['batch_id']}").json()
    assert (found["state"], found["set_aside"]) == ("split", [2])
    [document] = found["items"]
    assert document["state"] == "filed"
    assert document["entry"]["number"] == entry["number"]
    files = clerk.get(address(entry, "/files")).json()["items"]
    assert [file["role"] for file in files] == ["scan"]
    assert taken["batch_id"] in {one["id"] for one in clerk.get("/scans").json()["items"]}


def test_what_waits_is_decided(clerk: httpx.Client, api_office: Office) -> None:
    entry = registered(clerk)
    taken = send(clerk, batch(Sheet("χωρίς"), Sheet("δύο"), Sheet("τρία")))
    settle(api_office)
    [document] = clerk.get(f"/scans/{taken['batch_id']}").json()["items"]
    assert document["reason"] == "no-label"
    assert document["id"] in {one["id"] for one in clerk.get("/scans/review").json()["items"]}
    act = f"/scans/documents/{document['id']}"
    turned = clerk.post(f"{act}/turn", json={"page": 1, "turn": 180}).json()
    assert turned["pages"][0]["rotation"] == 180
    new = clerk.post(f"{act}/split", json={"page": 2}).json()
    assert [page["number"] for page in new["pages"]] == [2, 3]
    joined = clerk.post(f"/scans/documents/{new['id']}/join").json()
    assert [page["number"] for page in joined["pages"]] == [1, 2, 3]
    picture = clerk.get(f"/scans/{taken['batch_id']}/pages/1", params={"dpi": 40})
    assert picture.content.startswith(b"\xff\xd8")
    wanted = {"year": entry["year"], "number": entry["number"]}
    assert clerk.post(f"{act}/attach", json=wanted).status_code == 202
    settle(api_office)
    again = clerk.post(f"{act}/attach", json=wanted)
    assert again.status_code == 409
    assert again.json()["type"] == "urn:docflow:problem:scan-moved"


def test_a_scan_is_discarded_with_a_reason(clerk: httpx.Client, api_office: Office) -> None:
    taken = send(clerk, batch(Sheet("άχρηστο")))
    settle(api_office)
    [document] = clerk.get(f"/scans/{taken['batch_id']}").json()["items"]
    act = f"/scans/documents/{document['id']}"
    assert clerk.post(f"{act}/discard", json={"reason": ""}).status_code == 422
    gone = clerk.post(f"{act}/discard", json={"reason": "Διαφημιστικό"}).json()
    assert gone["state"] == "discarded"
    assert clerk.post(f"{act}/retry").status_code == 409


@pytest.mark.parametrize("username", ["engineer", "auditor"])
def test_scans_are_the_registrys(calling, username: str) -> None:
    caller = calling(username)
    assert caller.get("/scans").status_code == 403
    assert caller.get("/scans/1").status_code == 403
    assert caller.post("/scans", files={"file": ("α.pdf", b"x", PDF)}).status_code == 403


def test_scanners_that_are_not_there_are_refused(clerk: httpx.Client) -> None:
    assert clerk.get("/scans/scanners").status_code == 200
    assert clerk.post("/scans/scanner", json={"device": "nowhere:0"}).status_code == 422


def test_the_receipt_is_mailed_once_to_each_address(clerk: httpx.Client) -> None:
    entry = registered(clerk, depositor="Ευφροσύνη Ξενάκη")
    place = address(entry, "/receipt/mail")
    first = clerk.post(place, json={})
    assert first.json() == {"email": "maria@example.gr", "state": "queued"}
    assert clerk.post(place, json={}).status_code == 409
    assert clerk.post(place, json={"email": "b@example.gr"}).status_code == 202
    assert clerk.post(place, json={"email": "όχι"}).status_code == 422


def test_a_stamped_copy(clerk: httpx.Client) -> None:
    entry = registered(clerk)
    answer = clerk.get(address(entry, "/files/1/stamped"))
    assert answer.status_code == 404  # it has no file
    label = clerk.get(address(entry, "/label"), params={"size": "100x50", "copies": 2})
    assert label.content.startswith(b"%PDF")
    assert clerk.get(address(entry, "/label"), params={"first": 2}).status_code == 422
