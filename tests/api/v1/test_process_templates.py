"""/process-templates over HTTP, and the kinds that begin them."""

from collections.abc import Callable

import httpx

from docflow import kinds, outbox
from docflow.kinds import Definition
from docflow.office import Office
from tests import factories
from tests.docflow.processes.drawing import START, drawn, end, user
from tests.docflow.steps import run_jobs
from tests.factories import Town

LOOK = drawn(
    START,
    user("look", "unit:ΝΟΜ", label="Εξέταση"),
    end(),
    flows=["start look", "look end"],
    process="api_look",
)


def test_a_template_is_deployed_tied_and_begun(
    api_office: Office, town: Town, calling: Callable[..., httpx.Client]
) -> None:
    admin = calling("administrator")
    bad = admin.post(
        "/process-templates", files={"file": ("p.bpmn", LOOK.replace(b"unit:", b"unit:9"))}
    )
    assert (bad.status_code, bad.json()["type"]) == (
        422,
        "urn:docflow:problem:bad-process-template",
    )
    assert bad.json()["errors"][0]["detail"].startswith("Line 5: There is no unit")
    made = admin.post("/process-templates", files={"file": ("p.bpmn", LOOK)})
    assert (made.status_code, made.json()["version"]) == (201, 1), made.text
    assert made.json()["steps"][0]["who"] == "unit:ΝΟΜ"
    assert calling("engineer").get("/process-templates").status_code == 403
    assert admin.get("/process-templates/api_look/file").content == LOOK
    with api_office.db.begin() as session:
        by = town.person(session, "administrator")
        kinds.define(session, "api-kind", Definition("Είδος"), by=by)
    tied = admin.put("/kinds/api-kind/process", json={"template": "api_look", "seen": 0})
    assert (tied.status_code, tied.json()["version"]) == (200, 1), tied.text
    late = admin.put("/kinds/api-kind/process", json={"template": None, "seen": 0})
    assert (late.status_code, late.json()["type"]) == (409, "urn:docflow:problem:tie-changed")
    assert admin.get("/process-templates/api_look").json()["kinds"] == ["api-kind"]
    assert admin.delete("/process-templates/api_look").status_code == 409
    with api_office.db.begin() as session:
        session.query(outbox.Job).update({"state": outbox.JobState.DONE})
        entry = factories.letter(session, town, kind="api-kind")
    run_jobs(api_office, "processes.begin")
    listed = calling("lawyer").get("/steps").json()["items"]
    [step] = [one["step"] for one in listed if one["entry"] == entry.label]
    told = admin.get(f"/processes/{step['process_id']}").json()["process"]
    assert (told["about"], told["title"], told["service"]) == ("entry", "Κλήση", "api_look")
    gone = admin.put("/kinds/api-kind/process", json={"template": None, "seen": 1})
    assert gone.json()["template"] is None
    assert admin.delete("/process-templates/api_look").status_code == 204
    assert admin.get("/process-templates").json()["items"] == []
