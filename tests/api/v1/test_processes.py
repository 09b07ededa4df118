"""Steps of applications, and processes, by API."""

from typing import Any

import httpx

from docflow import processes
from docflow.office import Office
from tests import factories
from tests.docflow.processes.drawing import START, drawn, end, field, user
from tests.factories import Town

CHECK = drawn(
    START,
    user("check", "unit", label="Έλεγχος", inside=field("paid", "amount", more='required="true"')),
    end(),
    flows=["start check", "check end"],
)


def begun(office: Office, town: Town) -> int:
    """A process about a letter, that waits for the roads department."""
    with office.db.begin() as session:
        entry = factories.letter(session, town)
        return processes.start(
            session,
            body_id=town.body_id,
            subject=("matter", entry.id),
            xml=CHECK,
            service="fine",
            version=1,
            unit_id=town.units["ΟΔΟΠ"],
            data={},
            entry_id=entry.id,
        )


def test_a_step_is_taken_put_back_and_completed(
    api_office: Office, town: Town, calling: Any
) -> None:
    process = begun(api_office, town)
    engineer: httpx.Client = calling("engineer")
    listed = engineer.get("/steps", params={"limit": 200}).json()["items"]
    [one] = [item["step"] for item in listed if item["step"]["process_id"] == process]
    place = f"/steps/{one['id']}"
    details = engineer.get(place).json()
    assert [(f["name"], f["type"]) for f in details["fields"]] == [("paid", "amount")]
    assert calling("lawyer").get(place).status_code == 404
    assert engineer.post(f"{place}/take", json={"seen": one["version"]}).status_code == 204
    late = calling("colleague").post(f"{place}/take", json={"seen": one["version"]})
    assert (late.status_code, late.json()["type"]) == (409, "urn:docflow:problem:step-changed")
    assert engineer.post(f"{place}/put-back", json={}).status_code == 204
    wrong = engineer.post(f"{place}/complete", json={"values": {"paid": "1.234"}})
    assert wrong.status_code == 422
    assert wrong.json()["errors"][0]["pointer"] == "/values/paid"
    done = engineer.post(f"{place}/complete", json={"values": {"paid": "50,00"}})
    assert done.status_code == 204, done.text
    told = engineer.get(f"/processes/{process}").json()
    assert (told["process"]["state"], told["stages"][0]["state"]) == ("ended", "done")


def test_administrators_see_and_cancel_processes(
    api_office: Office, town: Town, calling: Any
) -> None:
    process = begun(api_office, town)
    administrator: httpx.Client = calling("administrator")
    assert process in [one["id"] for one in administrator.get("/processes").json()["items"]]
    assert calling("engineer").get("/processes").status_code == 403
    cancelled = administrator.post(f"/processes/{process}/cancel", json={"reason": "δοκιμή"})
    assert cancelled.json()["process"]["state"] == "cancelled"
    again = administrator.post(f"/processes/{process}/repair", json={})
    assert again.json()["type"] == "urn:docflow:problem:nothing-to-repair"
