"""Steps of applications on the pages of the staff; the picture and the repair of a process."""

import re

import pytest

from docflow import processes
from tests.api.browsing import words
from tests.api.conftest import House
from tests.docflow.processes.drawing import START, drawn, end, field, gateway, user

CHECK = drawn(
    START,
    user(
        "check",
        "unit",
        label="Έλεγχος πληρωμής",
        inside=field("bank", more='required="true"')
        + field("found", "tick")
        + '<docflow:show name="fine" type="amount"><docflow:label>Πρόστιμο</docflow:label>'
        '<docflow:label xml:lang="en">Fine</docflow:label></docflow:show>',
    ),
    gateway("g"),
    user("pay", "citizen", label="Πληρωμή"),
    end(),
    flows=["start check", "check g", "g pay if due > 50", "g end default", "pay end"],
)


@pytest.fixture
def entry(house: House) -> str:
    """The address of an entry with a process that waits for the roads department."""
    address = house.register()
    with house.office.db.begin() as session:
        processes.start(
            session,
            body_id=house.town.body_id,
            subject=("matter", house.entry_id(address)),
            xml=CHECK,
            service="fine",
            version=1,
            unit_id=house.town.units["ΟΔΟΠ"],
            data={"fine": 8050},
            entry_id=house.entry_id(address),
        )
    return address


def step_of(house: House, address: str) -> tuple[int, int]:
    """The step that waits, and its process."""
    with house.office.db.begin() as session:
        [task] = processes.tasks(session, ("matter", house.entry_id(address)))
        return task.id, task.instance_id


def test_a_step_is_found_taken_and_completed(browsing, house, entry):
    step, process = step_of(house, entry)
    engineer, colleague = browsing("engineer"), browsing("colleague")
    assert f'href="/steps/{step}"' in engineer.get("/steps").text
    assert f'href="/steps/{step}"' in engineer.get(entry).text
    assert 'href="/steps"' in engineer.get("/work").text
    page = engineer.get(f"/steps/{step}")
    assert "€80.50" in words(page)
    assert colleague.post(f"/steps/{step}/take").status_code in (200, 303)
    seen = re.search(r'name="seen" value="(\d+)"', page.text).group(1)
    typed = {"seen": seen, "field-bank": "ΤΡ-77", "field-found": "yes"}
    late = engineer.post(f"/steps/{step}/complete", data=typed)
    assert late.status_code == 409
    assert "Πέτρος Δήμου took this step" in words(late)
    wrong = colleague.post(f"/steps/{step}/complete", data={"field-bank": "ΤΡ-77"})
    assert wrong.status_code == 422
    assert "ΤΡ-77" in wrong.text  # what was typed stays
    assert "Tick this when it is done." in words(wrong)
    done = colleague.post(
        f"/steps/{step}/complete", data={"field-bank": "ΤΡ-77", "field-found": "yes"}
    )
    assert done.status_code == 303
    assert f'href="/steps/{step}"' not in engineer.get("/steps").text
    assert browsing("lawyer").get(f"/steps/{step}").status_code == 404
    # The condition asks for what nobody gave: the process stopped, and is repaired.
    administrator = browsing("administrator")
    assert f'href="/processes/{process}"' in administrator.get("/processes?state=stopped").text
    page = administrator.get(f"/processes/{process}")
    assert "data-process-picture" in page.text
    assert "due > 50" in words(page)
    bpmn = administrator.get(f"/processes/{process}/picture.bpmn")
    assert bpmn.content == CHECK
    bad = administrator.post(f"/processes/{process}/repair", data={"given": "60"})
    assert bad.status_code == 422
    administrator.post(f"/processes/{process}/repair", data={"given": "due = 60"})
    page = administrator.get(f"/processes/{process}")
    assert "Πληρωμή" in words(page)
    administrator.post(f"/processes/{process}/cancel", data={"reason": "δοκιμή"})
    assert "Cancelled" in words(administrator.get(f"/processes/{process}"))


def test_processes_are_for_administrators_and_those_who_see_the_entry(browsing, house, entry):
    _, process = step_of(house, entry)
    assert browsing("lawyer").get("/processes").status_code == 403
    assert browsing("lawyer").get(f"/processes/{process}").status_code == 404
    assert browsing("engineer").get(f"/processes/{process}").status_code == 200
    assert browsing("engineer").post(f"/processes/{process}/repair").status_code == 403
