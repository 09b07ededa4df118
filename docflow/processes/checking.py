"""What a process definition must keep before it may be deployed, each fault with its line.

The elements that are known are listed; everything else is refused, above all what would run code
of the file (script tasks, business rules) or of other files (call activities).
Source: BPMN 2.0.2 (OMG formal/13-12-09), its XML schema, and chapter 10 for what gateways need.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator
from functools import cache

from lxml import etree  # type: ignore[import-untyped]

from docflow.i18n import Text, t
from docflow.processes import acts, conditions, engine, timers
from docflow.processes.definitions import (
    BPMN,
    BadDefinition,
    bpmn,
    definition,
    digest,
    field_nodes,
    flows_of,
    given_of,
    kind_of,
    message_of,
    ours,
    process_of,
    reached,
    timer_of,
    tree,
)
from docflow.processes.values import Definition, FieldType, Problem, TaskKind

MAX_ELEMENTS = 200
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,59}")
_UNIT = re.compile(r"unit(:.{1,40})?")

_TASKS = ("userTask", "serviceTask", "receiveTask")
_EVENTS = ("intermediateCatchEvent", "boundaryEvent")
_GATEWAYS = ("exclusiveGateway", "parallelGateway", "eventBasedGateway")
_NODES = ("startEvent", "endEvent", *_TASKS, *_EVENTS, *_GATEWAYS)
_BESIDE = ("laneSet", "textAnnotation", "association", "group", "documentation")
_IN_PROCESS = (*_NODES, *_BESIDE, "sequenceFlow", "extensionElements")
_IN_NODE = (
    *("documentation", "extensionElements", "incoming", "outgoing"),
    *("timerEventDefinition", "messageEventDefinition", "terminateEventDefinition"),
)
_AT_TOP = ("process", "message", "collaboration", "extensionElements", "documentation")
_IN_COLLABORATION = ("participant", "documentation", "extensionElements", "textAnnotation")

_INSTEAD = {
    "scriptTask": t("A definition runs no scripts. Use a serviceTask with docflow:act."),
    "businessRuleTask": t("Use an exclusiveGateway with conditions."),
    "callActivity": t("A definition calls no other. Put the steps into this one."),
    "subProcess": t("Put the steps into the process itself."),
    "task": t("Use a userTask or a serviceTask."),
    "manualTask": t("Use a userTask with fields to tick."),
    "sendTask": t("Use a serviceTask with docflow:act."),
    "inclusiveGateway": t("Use exclusive and parallel gateways."),
    "multiInstanceLoopCharacteristics": t("A step is done once. Draw a way back instead."),
    "standardLoopCharacteristics": t("A step is done once. Draw a way back instead."),
}


def check(xml: bytes | str, *, unit_codes: Collection[str] | None = None) -> list[Problem]:
    """Why the definition cannot be deployed; nothing where it can.

    `unit_codes`: the units of the body, where those that the file names shall be among them.
    """
    try:
        _read(xml, unit_codes)
    except BadDefinition as error:
        return error.problems
    return []


def read(xml: bytes | str) -> Definition:
    """The definition of a file that keeps all rules. Raises BadDefinition with all its faults."""
    return _read(xml, None)


def _read(xml: bytes | str, unit_codes: Collection[str] | None) -> Definition:
    root = tree(xml)
    # Each set of rules builds on those before: a missing flow is not told of in a script task.
    for rules in (_allowed, _schema, _shape, _steps):
        _require(list(rules(root)))
    _require(list(_units(root, unit_codes)))
    fault = engine.fault(xml)
    if fault is not None:
        _require([Problem(None, t("The workflow engine refuses it: {what}", what=fault))])
    return definition(root, digest=digest(xml))


def _require(problems: list[Problem]) -> None:
    if problems:
        raise BadDefinition(sorted(problems, key=lambda one: one.line or 0))


def _problem(node: etree._Element, message: Text) -> Problem:
    return Problem(node.sourceline, message, node.get("id", ""))


@cache
def _xsd() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(engine.SCHEMA))


def _schema(root: etree._Element) -> Iterator[Problem]:
    schema = _xsd()
    if schema.validate(root):
        return
    for error in list(schema.error_log)[:10]:
        what = error.message.replace(f"{{{BPMN}}}", "")
        yield Problem(error.line, t("Not as the schema of BPMN 2.0 says: {what}", what=what))


def _allowed(root: etree._Element) -> Iterator[Problem]:
    """Only known elements, at their places."""
    if root.tag != bpmn("definitions"):
        yield _problem(root, t("This is not a BPMN 2.0 file: its root is not “definitions”."))
        return
    processes = root.findall(bpmn("process"))
    if len(processes) != 1:
        yield _problem(root, t("A file holds exactly one process; here are {n}.", n=len(processes)))
        return
    yield from _only(root, _AT_TOP)
    for collaboration in root.findall(bpmn("collaboration")):
        yield from _only(collaboration, _IN_COLLABORATION)
    yield from _only(processes[0], _IN_PROCESS)
    nodes = [one for one in processes[0] if etree.QName(one).localname in _NODES]
    if len(nodes) > MAX_ELEMENTS:
        yield _problem(processes[0], t("At most {max} elements fit here.", max=MAX_ELEMENTS))
    for node in nodes:
        yield from _only(node, _IN_NODE)


def _only(parent: etree._Element, known: Collection[str]) -> Iterator[Problem]:
    for node in parent:
        name = etree.QName(node)
        if name.namespace == BPMN and name.localname not in known:
            why = _INSTEAD.get(name.localname, t("Docflow does not carry it out."))
            yield _problem(
                node, t("“{element}” is not allowed. {why}", element=name.localname, why=why)
            )


def _shape(root: etree._Element) -> Iterator[Problem]:
    """One start, ends that can be reached, ways out where they must be."""
    process = process_of(root)
    if process.get("isExecutable") != "true":
        yield _problem(process, t('The process must say isExecutable="true".'))
    starts = process.findall(bpmn("startEvent"))
    if len(starts) != 1:
        yield _problem(process, t("A process has exactly one start; here are {n}.", n=len(starts)))
        return
    if any(etree.QName(one).localname.endswith("EventDefinition") for one in starts[0]):
        yield _problem(starts[0], t("The start waits for nothing: the application starts it."))
    flows = flows_of(process)
    nodes = {one.get("id", ""): one for one in process if etree.QName(one).localname in _NODES}
    for flow in process.findall(bpmn("sequenceFlow")):
        if flow.get("sourceRef") not in nodes or flow.get("targetRef") not in nodes:
            yield _problem(flow, t("This flow does not tie two steps of the process."))
    for event in process.findall(bpmn("boundaryEvent")):
        host = nodes.get(event.get("attachedToRef", ""))
        if host is None or etree.QName(host).localname not in ("userTask", "receiveTask"):
            yield _problem(event, t("A boundary event sits on a userTask or a receiveTask."))
    ends = {one.get("id", "") for one in process.findall(bpmn("endEvent"))}
    from_start = reached(starts[0].get("id", ""), flows)
    for name, node in nodes.items():
        if node is not starts[0] and name not in from_start:
            yield _problem(node, t("Nothing leads here."))
        elif name not in ends and not ends & reached(name, flows):
            yield _problem(
                node, t("No way leads from here to an end: the process would never end.")
            )
        yield from _ways_out(node, process)


def _ways_out(node: etree._Element, process: etree._Element) -> Iterator[Problem]:
    out = [
        flow
        for flow in process.findall(bpmn("sequenceFlow"))
        if flow.get("sourceRef") == node.get("id")
    ]
    kind = etree.QName(node).localname
    is_choice = kind == "exclusiveGateway" and len(out) > 1
    for flow in out:
        condition = flow.find(bpmn("conditionExpression"))
        is_default = flow.get("id") == node.get("default")
        if condition is None:
            if is_choice and not is_default:
                yield _problem(flow, t("Every way out but the default needs a condition."))
        elif not is_choice:
            yield _problem(flow, t("Only the ways out of an exclusive gateway have conditions."))
        elif is_default:
            yield _problem(flow, t("The default way has no condition."))
        elif (wrong := conditions.problem(condition.text or "")) is not None:
            yield _problem(flow, wrong)
    if is_choice and not any(flow.get("id") == node.get("default") for flow in out):
        yield _problem(
            node, t("A gateway that chooses needs a default way, or it might get stuck.")
        )
    if kind not in _GATEWAYS and kind != "endEvent" and len(out) > 1:
        yield _problem(node, t("Two ways out: put a gateway between."))
    if kind == "eventBasedGateway":
        caught = {one.get("id") for one in process.findall(bpmn("intermediateCatchEvent"))}
        if any(flow.get("targetRef") not in caught for flow in out):
            yield _problem(node, t("This gateway leads to timers and messages alone."))


def _steps(root: etree._Element) -> Iterator[Problem]:
    """Tasks and events say all that is needed to carry them out."""
    messages = {one.get("id"): one.get("name", "") for one in root.findall(bpmn("message"))}
    for node in process_of(root):
        if not isinstance(node.tag, str) or etree.QName(node).localname not in _NODES:
            continue
        match etree.QName(node).localname:
            case "userTask":
                yield from _user_task(node)
            case "serviceTask":
                yield from _service_task(node)
            case "intermediateCatchEvent" | "boundaryEvent" | "receiveTask":
                yield from _event(node, messages)


def _user_task(node: etree._Element) -> Iterator[Problem]:
    who = node.get(ours("who"), "")
    if who != "citizen" and not _UNIT.fullmatch(who):
        yield _problem(node, t("Say whose it is: docflow:who is “citizen”, “unit” or “unit:CODE”."))
    if not node.get("name", "").strip():
        yield _problem(node, t("Give it a name: people see it."))
    days = node.get(ours("days"))
    if days is not None and not re.fullmatch(r"[1-9]\d{0,2}", days):
        yield _problem(node, t("docflow:days is a number of days from 1 to 999."))
    if node.get(ours("day_unit"), "working") not in ("working", "calendar"):
        yield _problem(node, t("docflow:day_unit is “working” or “calendar”."))
    names = Counter(one.get("name", "") for one in field_nodes(node))
    asked = {one.get("name", "") for one in field_nodes(node) if one.tag == ours("field")}
    for one in field_nodes(node):
        yield from _field(one, names[one.get("name", "")])
        yield from _required_if(one, asked)


def _field(node: etree._Element, times: int) -> Iterator[Problem]:
    name, kind = node.get("name", ""), node.get("type", "text")
    if not _NAME.fullmatch(name):
        yield _problem(node, t("“{name}” is not a name: letters, digits and _ alone.", name=name))
    elif times > 1:
        yield _problem(node, t("“{name}” stands twice.", name=name))
    if kind not in set(FieldType):
        types = ", ".join(FieldType)
        yield _problem(
            node, t("“{type}” is not a type of field ({types}).", type=kind, types=types)
        )
    if kind == FieldType.CHOICE and not node.findall(ours("choice")):
        yield _problem(node, t("Say what can be chosen (docflow:choice)."))
    if not any((one.text or "").strip() for one in node.findall(ours("label"))):
        yield _problem(node, t("“{name}” has no label (docflow:label).", name=name))


def _required_if(node: etree._Element, names: Collection[str]) -> Iterator[Problem]:
    """A field is asked for by what stands in the same form."""
    condition = node.get("required_if")
    if condition is None:
        return
    if (wrong := conditions.problem(condition)) is not None:
        yield _problem(node, wrong)
        return
    for name in sorted(conditions.names(condition) - set(names)):
        yield _problem(node, t("required_if: the form of this step has no “{name}”.", name=name))


def _service_task(node: etree._Element) -> Iterator[Problem]:
    act = node.get(ours("act"), "")
    if act not in acts.names():
        known = ", ".join(acts.names())
        yield _problem(node, t("“{act}” is no act. There are: {known}.", act=act, known=known))
    for name, expression in given_of(node):
        if not _NAME.fullmatch(name):
            yield _problem(
                node, t("“{name}” is not a name: letters, digits and _ alone.", name=name)
            )
        elif (wrong := conditions.problem(expression)) is not None:
            yield _problem(node, wrong)


def _event(node: etree._Element, messages: dict[str | None, str]) -> Iterator[Problem]:
    definitions = [one for one in node if etree.QName(one).localname.endswith("EventDefinition")]
    if len(definitions) > 1:
        yield _problem(node, t("An event waits for one thing."))
    timer = timer_of(node)
    if timer is not None:
        if (wrong := timers.problem(timer)) is not None:
            yield _problem(node, wrong)
    elif not message_of(node, messages):
        yield _problem(node, t("Say for which message it waits: messageRef, and a message’s name."))


def _units(root: etree._Element, known: Collection[str] | None) -> Iterator[Problem]:
    for node in process_of(root).findall(bpmn("userTask")):
        if known is None or kind_of(node) is not TaskKind.EMPLOYEE:
            continue
        code = node.get(ours("who"), "").partition(":")[2]
        if code and code not in known:
            yield _problem(node, t("There is no unit with the code “{code}”.", code=code))
