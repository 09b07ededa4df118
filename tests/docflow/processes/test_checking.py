"""Which definitions may be deployed: known elements, a way to an end, no code; lines of faults."""

from dataclasses import replace

import pytest

from docflow import processes, services
from docflow.processes import TaskKind
from tests.docflow.processes import drawing
from tests.docflow.processes.drawing import START, act, drawn, end, field, gateway, timer, user

PLAIN = ["start a", "a end"]


def faults(xml: bytes) -> list[tuple[int | None, str]]:
    return [(one.line, str(one.message)) for one in processes.check(xml)]


def test_a_definition_says_its_steps_in_the_order_of_the_flow() -> None:
    xml = drawn(
        end(),
        user(
            "b", "unit:ΝΟΜ", label="Έλεγχος", more='docflow:days="10"', inside=field("ok", "tick")
        ),
        START,
        user(
            "a",
            "citizen",
            label="Πληρωμή",
            inside='<docflow:name xml:lang="en">Payment</docflow:name>',
        ),
        flows=["start a", "a b", "b end"],
    )
    found = processes.read(xml)
    assert [(one.id, one.kind) for one in found.elements] == [
        ("a", TaskKind.CITIZEN),
        ("b", TaskKind.EMPLOYEE),
    ]
    assert found.elements[0].name.in_language("en") == "Payment"
    assert found.elements[0].name.in_language("cs") == "Πληρωμή"
    assert found.unit_codes == {"ΝΟΜ"}
    assert [str(one.message) for one in processes.check(xml, unit_codes=["ΤΥ"])] == [
        "There is no unit with the code “ΝΟΜ”."
    ]


def test_a_script_that_opens_a_file_is_refused_with_its_line() -> None:
    script = (
        '<bpmn:scriptTask id="a" scriptFormat="python">'
        "<bpmn:script>open('/etc/passwd').read()</bpmn:script></bpmn:scriptTask>"
    )
    xml = drawn(START, script, end(), flows=PLAIN)
    [(line, message)] = faults(xml)
    assert message.startswith("“scriptTask” is not allowed.")
    assert b"scriptTask" in xml.splitlines()[line - 1]


def test_a_service_with_such_a_process_cannot_be_deployed() -> None:
    folder = services.read_folder(services.shipped()["general-application"])
    assert services.check(folder)[1] == []
    xml = folder.files["process.bpmn"].replace(b"serviceTask", b"scriptTask")
    bad = replace(folder, files={**folder.files, "process.bpmn": xml})
    found = services.check(bad)[1]
    assert {one.file for one in found} == {"process.bpmn"}
    assert "scriptTask" in str(found[0].message)


@pytest.mark.parametrize(
    ("node", "why"),
    [
        ('<bpmn:callActivity id="a" calledElement="x"/>', "“callActivity” is not allowed"),
        ('<bpmn:subProcess id="a"/>', "“subProcess” is not allowed"),
        ('<bpmn:businessRuleTask id="a"/>', "“businessRuleTask” is not allowed"),
        ('<bpmn:inclusiveGateway id="a"/>', "“inclusiveGateway” is not allowed"),
        ('<bpmn:task id="a"/>', "“task” is not allowed"),
        (
            user("a", "citizen").replace(
                "</bpmn:userTask>",
                "<bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>100000000"
                "</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics></bpmn:userTask>",
            ),
            "“multiInstanceLoopCharacteristics” is not allowed",
        ),
        (act("a", "os.system"), "“os.system” is no act"),
        (act("a", "process.set", x="open('/etc/passwd')"), "more than a calculation"),
        (act("a", "process.set", x="().__class__"), "more than a calculation"),
        (user("a", "everybody"), "Say whose it is"),
        (user("a", "citizen", inside=field("1st")), "“1st” is not a name"),
        (user("a", "citizen", inside=field("x") + field("x")), "“x” stands twice"),
        (user("a", "citizen", inside=field("x", "file")), "“file” is not a type of field"),
        (user("a", "citizen", inside=field("x", "choice")), "Say what can be chosen"),
        (
            user("a", "unit", inside=field("x", more='required_if="y == 1"')),
            "the form of this step has no “y”",
        ),
        (user("a", "unit", inside=field("x", more='required_if="x."')), "is not an expression"),
        (user("a", "unit", more='docflow:days="soon"'), "a number of days"),
        (timer("a", "P1.5D"), "is not a period"),
        (timer("a", "P0D"), "is no time at all"),
        (timer("a", "working:0"), "Working days are between"),
        (drawing.message("a", "paid"), "Say for which message it waits"),
        (
            '<bpmn:userTask docflow:who="citizen" name="x" id="a"><bpmn:nonsense/></bpmn:userTask>',
            "“nonsense” is not allowed",
        ),
        (
            '<bpmn:userTask docflow:who="citizen" name="x" id="a" wrong="1"/>',
            "Not as the schema of BPMN 2.0",
        ),
    ],
)
def test_what_docflow_does_not_carry_out_is_refused(node: str, why: str) -> None:
    found = faults(drawn(START, node, end(), flows=PLAIN))
    assert found
    assert why in found[0][1]


@pytest.mark.parametrize(
    ("flows", "why"),
    [
        (["start a", "a g", "g a"], "No way leads from here to an end"),
        (["start a", "a end"], "Nothing leads here"),  # the gateway
        (["start a", "a g", "g a", "g end"], "needs a condition"),
        (["start a", "a g", "g a if again", "g end if not again"], "needs a default way"),
        (["start a", "a g", "g a if again and", "g end default"], "is not an expression"),
        (["start a", "a g", "g a if open('x')", "g end default"], "more than a calculation"),
        (["start a", "a g if x", "g end"], "Only the ways out of an exclusive gateway"),
        (["start a", "a g", "a end", "g end"], "Two ways out"),
        (["start a", "a g", "g nowhere"], "does not tie two steps"),
    ],
)
def test_a_drawing_leads_to_its_end(flows: list[str], why: str) -> None:
    xml = drawn(START, user("a", "citizen"), gateway("g"), end(), flows=flows)
    assert any(why in message for _, message in faults(xml)), faults(xml)


@pytest.mark.parametrize(
    ("xml", "why"),
    [
        (b"", "This is not XML"),
        (b"<definitions/>", "not a BPMN 2.0 file"),
        (b'<!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]><x>&y;</x>', "no DOCTYPE"),
        (b" " * (600 * 1024), "at most 512 KB"),
        (drawn(START, end(), flows=["start end"]).replace(b"true", b"false"), "isExecutable"),
        (
            drawn(START, START.replace('"start"', '"two"'), end(), flows=["start end", "two end"]),
            "exactly one start",
        ),
    ],
)
def test_a_file_that_is_no_process_is_refused(xml: bytes, why: str) -> None:
    assert any(why in message for _, message in faults(xml)), faults(xml)
