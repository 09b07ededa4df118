"""Templates of processes on the administrator's pages, and what they begin on the entry's page."""

import re
from collections.abc import Callable

from docflow import kinds
from docflow.kinds import Definition
from tests.api.browsing import Browser, words
from tests.api.conftest import House
from tests.docflow.processes.drawing import START, drawn, end, user

LOOK = drawn(
    START,
    user("look", "unit:ΝΟΜ", label="Εξέταση"),
    end(),
    flows=["start look", "look end"],
    process="web_look",
)


def test_a_template_is_deployed_tied_and_shown_with_its_entry(
    browsing: Callable[..., Browser], house: House
) -> None:
    admin = browsing("administrator")
    house.forget_jobs()
    with house.office.db.begin() as session:
        by = house.town.person(session, "administrator")
        kinds.define(session, "web-kind", Definition("Είδος"), by=by)
    bad = {"file": ("p.bpmn", LOOK.replace(b"unit:", b"citizen"))}
    refused = admin.post("/process-templates", files=bad)
    assert refused.status_code == 422
    assert "Say whose it is" in words(refused)
    assert admin.post("/process-templates").status_code == 422  # no file was chosen
    done = admin.post("/process-templates", files={"file": ("p.bpmn", LOOK)})
    assert done.headers["location"] == "/process-templates/web_look?done=template-deployed"
    shown = admin.get("/process-templates/web_look")
    assert "Νομική Υπηρεσία" in words(shown)
    assert admin.get("/process-templates/web_look/picture.bpmn").content == LOOK
    form = admin.get("/kinds/web-kind").text
    [seen] = re.findall(r'name="seen" value="(\d+)"', form)
    sent = {"template": "web_look", "seen": seen}
    tied = admin.post("/kinds/web-kind/process", data=sent)
    assert tied.headers["location"] == "/kinds/web-kind?done=kind-process"
    late = admin.post("/kinds/web-kind/process", data={"template": "", "seen": seen})
    assert late.status_code == 409
    assert "Σοφία Λάμπρου changed the process of this kind" in words(late)
    assert 'href="/process-templates/web_look"' in admin.get("/kinds").text
    assert admin.post("/process-templates/web_look/withdraw").status_code == 409
    address = house.register(kind="web-kind")
    clerk = browsing("clerk")
    assert "Still to come" in words(clerk.get(address))  # before the worker let it begin
    house.run_jobs()
    assert "Εξέταση" in words(clerk.get(address))
    lawyer = browsing("lawyer")
    assert re.search(r'href="/steps/\d+"', lawyer.get(address).text)
    assert "Sender" in words(lawyer.get(re.search(r"/steps/\d+", lawyer.get("/steps").text)[0]))
    assert browsing("clerk").get("/process-templates").status_code == 403
