"""Emergency register and old registers, from another program."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from docflow import clock, emergency, organization, outbox
from tests.api.web.test_emergency import saved
from tests.docflow.emergency.journals import overrun
from tests.docflow.imports import tables


@pytest.fixture
def registrar(calling):
    return calling("registrar")


def run_jobs(office):
    with office.db.read() as session:
        waiting = outbox.Job.state == outbox.JobState.WAITING
        mine = outbox.Job.task.like("imports.%")
        ids = session.scalars(select(outbox.Job.id).where(waiting, mine)).all()
    for job_id in ids:
        outbox.run(office, job_id)


def sent(caller, path, metadata, data, name="file"):
    return caller.post(
        path,
        data={"metadata": json.dumps(metadata)},
        files={"files": (name, data, "application/octet-stream")},
    )


def test_a_kit_is_prepared_printed_and_its_file_taken_over(api_office, registrar, clerk):
    made = registrar.post("/emergency/kits", json={"place": "Γκισέ 1", "numbers": 10})
    assert made.status_code == 201, made.text
    kit = made.json()
    assert kit["first_label"].startswith(f"ΕΚΤ-{clock.today().year}-")
    assert registrar.get("/emergency/kits").json()["items"][0]["id"] == kit["id"]
    assert registrar.get(f"/emergency/kits/{kit['id']}/sheets").content.startswith(b"%PDF")
    page = registrar.get(f"/emergency/kits/{kit['id']}/page")
    assert page.headers["content-type"] == "application/octet-stream"
    assert "secret" not in kit
    with api_office.db.read() as session:
        person = organization.principal_named(session, "registrar", via=organization.Via.API)
        known = emergency.kit(session, kit["id"], by=person)
    data = saved(known)[1]
    looked = sent(clerk, "/emergency/recovery", {}, data)
    assert looked.status_code == 200, looked.text
    (period,) = looked.json()["periods"]
    assert (len(period["new"]), looked.json()["registered"]) == (1, [])
    done = sent(clerk, "/emergency/recovery", {"dry_run": False}, data).json()
    assert done["registered"][0]["label"] == known.first_label
    again = sent(clerk, "/emergency/recovery", {"dry_run": False}, data).json()
    assert (again["registered"], again["periods"][0]["known"]) == ([], [known.first_label])


def test_who_heads_the_registry_states_an_authorisation_for_the_clerk(api_office, registrar, clerk):
    with api_office.db.begin() as session:
        person = organization.principal_named(session, "registrar", via=organization.Via.API)
        _, page, start = overrun(session, person)
    wanted, address = {"dry_run": False}, "/emergency/authorisations"
    assert sent(clerk, "/emergency/recovery", wanted, page.file()).status_code == 409
    late = [{"authorised_by": "Ο Δήμαρχος", "at": (start + timedelta(hours=24)).isoformat()}]
    assert sent(clerk, address, {"late": late}, page.file()).status_code == 403
    assert sent(registrar, address, {"late": []}, page.file()).status_code == 422
    kept = sent(registrar, address, {"late": late}, page.file())
    assert kept.status_code == 200, kept.text
    assert (kept.json()["periods"][0]["is_authorised"], kept.json()["registered"]) == (True, [])
    done = sent(clerk, "/emergency/recovery", wanted, page.file())
    assert len(done.json()["registered"]) == 2, done.text


def test_an_auditor_does_not_get_the_key_of_a_kit(registrar, calling):
    kit = registrar.post("/emergency/kits", json={"place": "Γκισέ 4", "numbers": 1}).json()
    auditor = calling("auditor")
    assert auditor.get("/emergency/kits").json()["items"][0]["id"] == kit["id"]
    for what in ("page", "sheets"):
        assert auditor.get(f"/emergency/kits/{kit['id']}/{what}").status_code == 403


def test_an_altered_file_is_a_conflict_and_nonsense_invalid(clerk):
    bad = sent(clerk, "/emergency/recovery", {}, b"{}")
    assert bad.status_code == 422
    assert bad.json()["type"] == "urn:docflow:problem:no-journal"
    assert clerk.post("/emergency/recovery", json={}).status_code == 422


def test_a_clerk_prepares_no_kit(clerk):
    refused = clerk.post("/emergency/kits", json={"place": "x"})
    assert refused.status_code == 403


def test_an_old_register_is_checked_and_taken_over(api_office, registrar):
    rows = [tables.row(n, date=f"0{n}/03/2011") for n in range(1, 5)]
    made = sent(
        registrar, "/imports", {"year": 2011, "taken_from": "Παλαιό"}, tables.csv(rows), "π.csv"
    )
    assert made.status_code == 201, made.text
    path = f"/imports/{made.json()['id']}"
    assert made.json()["columns"]["subject"] == 5
    assert registrar.post(f"{path}/check", json={}).status_code == 202
    assert registrar.get(path).json()["state"] == "checking"
    run_jobs(api_office)
    checked = registrar.get(path).json()
    assert (checked["state"], checked["report"]["good"]) == ("checked", 4)
    assert registrar.get(f"{path}/report").content.startswith(b"\xef\xbb\xbf")
    assert registrar.post(f"{path}/confirmation", json={}).status_code == 202
    run_jobs(api_office)
    assert registrar.get(path).json()["state"] == "sealed"
    assert registrar.get("/entries/koino/2011/4").json()["label"] == "4/2011"
    assert registrar.post(f"{path}/cancellation").status_code == 409
    assert path.rpartition("/")[2] in {
        str(one["id"]) for one in registrar.get("/imports").json()["items"]
    }


def test_bad_rows_and_bad_mappings_are_told(api_office, registrar):
    rows = [tables.row(1, date="01/03/2010"), tables.row(2, date="χθες")]
    made = sent(registrar, "/imports", {"year": 2010, "taken_from": "Π"}, tables.csv(rows)).json()
    path = f"/imports/{made['id']}"
    lacking = registrar.post(f"{path}/check", json={"columns": {"number": 0}})
    assert lacking.status_code == 422
    unknown = registrar.post(f"{path}/check", json={"encoding": "ebcdic"})
    assert unknown.status_code == 422
    registrar.post(f"{path}/check", json={})
    run_jobs(api_office)
    refused = registrar.post(f"{path}/confirmation", json={})
    assert refused.status_code == 409
    assert refused.json()["type"] == "urn:docflow:problem:bad-rows-left"
    assert registrar.post(f"{path}/cancellation").json()["state"] == "cancelled"


def test_a_clerk_takes_no_register_over(clerk):
    refused = sent(clerk, "/imports", {"year": 2009, "taken_from": "Π"}, tables.csv([]))
    assert refused.status_code == 403
    assert clerk.get("/imports").status_code == 403
