"""/organogram, /users and /bodies over HTTP."""

from collections.abc import Callable
from datetime import timedelta

import httpx

from api.v1 import create_app
from docflow import clock, organization
from docflow.office import Office
from docflow.organization import Role, User
from tests import factories
from tests.api.v1.calling import Caller
from tests.factories import Town


def test_a_change_is_tried_then_carried_out(calling: Callable[..., httpx.Client]) -> None:
    admin, reader = calling("administrator"), calling("engineer")
    new = [{"do": "new", "code": "API-1", "name": "Γραφείο", "parent": "ΝΟΜ"}]
    tried = admin.post("/organogram/dry-run", json={"steps": new}).json()
    assert tried["is_possible"]
    assert {"code": "API-1", "name": "Γραφείο", "parent": "ΝΟΜ", "mark": "new"} in tried["units"]
    sent = {"steps": new, "seen": tried["seen"], "authority": "Απόφαση 1"}
    made = admin.post("/organogram/changes", json=sent)
    assert (made.status_code, made.json()["state"]) == (201, "done")
    stale = admin.post("/organogram/changes", json=sent)
    assert stale.status_code == 409
    assert stale.json()["type"] == "urn:docflow:problem:organogram-moved"
    units = {one["code"]: one for one in reader.get("/organogram").json()["items"]}
    assert units["API-1"]["parent"] == "ΝΟΜ"
    day = (clock.today() + timedelta(days=3)).isoformat()
    ended = [{"do": "dissolve", "code": "API-1"}]
    later = admin.post("/organogram/changes", json={"steps": ended, "on": day}).json()
    assert later["state"] == "planned"
    assert later["id"] in [one["id"] for one in admin.get("/organogram/changes").json()["items"]]
    assert admin.delete(f"/organogram/changes/{later['id']}").status_code == 204
    left = admin.post("/organogram/dry-run", json={"steps": [{"do": "dissolve", "code": "ΟΔΟΠ"}]})
    assert not left.json()["is_possible"]
    assert "people (2)" in left.json()["problems"][0]
    assert reader.post("/organogram/changes", json=sent).status_code == 403
    wrong = admin.post("/organogram/dry-run", json={"steps": [{"do": "fly", "code": "1"}]})
    assert wrong.status_code == 422
    names = [one["name"] for one in admin.get("/organogram?past=true").json()["items"]]
    assert "Γραφείο" in names


def test_a_file_is_compared(calling: Callable[..., httpx.Client]) -> None:
    admin = calling("administrator")
    text = "code;name\r\nΝΟΜ;Νομική Υπηρεσία\r\nAPI-2;Γραφείο Δύο\r\n"
    found = admin.post("/organogram/compare", json={"text": text}).json()
    assert [one["do"] for one in found["steps"]] == ["new"]
    assert admin.post("/organogram/compare", json={"text": "?"}).status_code == 422


def test_an_account_from_beginning_to_end(calling: Callable[..., httpx.Client], town: Town) -> None:
    admin = calling("administrator")
    data = {"username": "api-user", "full_name": "Α Β"}
    made = admin.post("/users", json=data).json()
    assert len(made["password"]) == 19
    here = f"/users/{made['id']}"
    role = {"role": "employee", "unit_id": town.units["ΝΟΜ"]}
    given = admin.post(f"{here}/roles", json=role).json()
    assert given["grants"][0]["unit"] == "Νομική Υπηρεσία"
    assert admin.put(here, json={"full_name": "Α Γ"}).json()["full_name"] == "Α Γ"
    grant = given["grants"][0]["id"]
    assert admin.delete(f"{here}/roles/{grant}").status_code == 204
    assert admin.post(f"{here}/lock").json()["state"] == "locked"
    assert admin.post(f"{here}/unlock").json()["state"] == "active"
    assert admin.post(f"{here}/password").json()["password"] != made["password"]
    yesterday = (clock.today() - timedelta(days=1)).isoformat()
    ended = admin.post(f"{here}/end", json={"last_day": yesterday}).json()
    assert ended["state"] == "closed"
    assert ended["password"] is None
    assert made["id"] not in [one["id"] for one in admin.get("/users").json()["items"]]
    assert admin.post("/users", json={**data, "logs_in": "never"}).status_code == 409
    assert admin.post(f"/users/{town.users['administrator']}/lock").status_code == 409
    assert calling("clerk").get("/users").status_code == 403
    assert calling("administrator", "read").get("/users").status_code == 403


def test_a_body_is_opened_by_whom_it_is_given(committed: Office) -> None:
    data = {"code": "deya", "name": "ΔΕΥΑ", "administrator": "deya", "administrator_name": "Ζ Ν"}
    with committed.db.begin() as session:
        town = factories.municipality(session)
        user = session.get_one(User, town.users["administrator"])
        token = organization.issue_token(session, user, name="t", scopes=["administer"])
    with Caller(create_app(committed)) as admin:
        admin.headers["Authorization"] = f"Bearer {token}"
        assert admin.post("/bodies", json=data).status_code == 403
        assert len(admin.get("/bodies").json()["items"]) == 1
        with committed.db.begin() as session:
            user = session.get_one(User, town.users["administrator"])
            organization.grant(session, user, Role.INSTALLATION)
        made = admin.post("/bodies", json=data)
        assert made.status_code == 201
        assert made.json()["password"]
        changed = admin.put(f"/bodies/{made.json()['id']}", json={"name": "ΔΕΥΑ Π."})
        assert changed.json()["name"] == "ΔΕΥΑ Π."
        assert len(admin.get("/bodies").json()["items"]) == 2
