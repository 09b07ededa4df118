"""Reading a definition: what its steps are called, whose they are, what they ask for.

The names in the picture (attribute `name`) are Greek; other languages stand in `docflow:name`.
The rules that a definition must keep are in `checking`.
"""

import hashlib
from collections import deque
from collections.abc import Iterable, Iterator

from lxml import etree  # type: ignore[import-untyped]

from docflow.errors import Invalid
from docflow.i18n import DEFAULT_LANGUAGE, t
from docflow.processes.values import (
    Choice,
    Definition,
    Element,
    FieldType,
    Gate,
    Label,
    Problem,
    TaskField,
    TaskKind,
)

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
OURS = "urn:docflow:process:1"
MAX_BYTES = 512 * 1024
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"


class BadDefinition(Invalid):
    """The process definition cannot be used."""

    def __init__(self, problems: list[Problem]) -> None:
        first = problems[0]
        super().__init__(
            t("Line {line}: {message}", line=first.line, message=first.message)
            if first.line
            else first.message
        )
        self.problems = problems


def bpmn(name: str) -> str:
    """The full name of a BPMN element."""
    return f"{{{BPMN}}}{name}"


def ours(name: str) -> str:
    """The full name of an element or attribute of ours."""
    return f"{{{OURS}}}{name}"


def as_bytes(xml: bytes | str) -> bytes:
    return xml.encode() if isinstance(xml, str) else xml


def tree(xml: bytes | str) -> etree._Element:
    """The file as a tree: no entities, no network. Raises BadDefinition."""
    data = as_bytes(xml)
    if len(data) > MAX_BYTES:
        raise BadDefinition(
            [Problem(None, t("A process definition has at most {n} KB.", n=MAX_BYTES // 1024))]
        )
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise BadDefinition(
            [Problem(error.lineno, t("This is not XML: {what}", what=error.msg))]
        ) from error
    if root.getroottree().docinfo.doctype:
        raise BadDefinition([Problem(1, t("A process definition has no DOCTYPE. Take it out."))])
    return root


def digest(xml: bytes | str) -> str:
    return hashlib.sha256(as_bytes(xml)).hexdigest()


def process_of(root: etree._Element) -> etree._Element:
    """The process of the file, which `checking` has found to be the only one."""
    found = root.find(bpmn("process"))
    assert found is not None
    return found


def definition(root: etree._Element, *, digest: str) -> Definition:
    """What the (checked) file says, its elements in the order of the flow."""
    process = process_of(root)
    messages = {one.get("id"): one.get("name", "") for one in root.findall(bpmn("message"))}
    flows = flows_of(process)
    elements = [
        _element(node, messages) for node in _in_order(process, flows) if kind_of(node) is not None
    ]
    return Definition(
        process_id=process.get("id", ""),
        name=_label(process),
        elements=tuple(elements),
        digest=digest,
        reaches={one.id: reached(one.id, flows) for one in elements},
        gates=tuple(_gates(process, flows)),
    )


def _gates(process: etree._Element, flows: dict[str, list[str]]) -> Iterator[Gate]:
    for node in process.findall(bpmn("eventBasedGateway")):
        label = _label(node)
        if label and node.get(ours("hidden")) != "true":
            yield Gate(node.get("id", ""), label, frozenset(flows.get(node.get("id", ""), ())))


def kind_of(node: etree._Element) -> TaskKind | None:
    """What the node is to people; None for gateways, ends and everything that nobody waits for."""
    match etree.QName(node).localname:
        case "userTask":
            is_citizens = node.get(ours("who")) == "citizen"
            return TaskKind.CITIZEN if is_citizens else TaskKind.EMPLOYEE
        case "serviceTask":
            return TaskKind.SERVICE
        case "receiveTask":
            return TaskKind.MESSAGE
        case "intermediateCatchEvent" | "boundaryEvent":
            is_timer = node.find(bpmn("timerEventDefinition")) is not None
            return TaskKind.TIMER if is_timer else TaskKind.MESSAGE
    return None


def flows_of(process: etree._Element) -> dict[str, list[str]]:
    """Where the flow goes from each node; a boundary event counts as a way out of its task."""
    flows: dict[str, list[str]] = {}
    for flow in process.findall(bpmn("sequenceFlow")):
        flows.setdefault(flow.get("sourceRef", ""), []).append(flow.get("targetRef", ""))
    for event in process.findall(bpmn("boundaryEvent")):
        flows.setdefault(event.get("attachedToRef", ""), []).append(event.get("id", ""))
    return flows


def reached(begin: str, flows: dict[str, list[str]]) -> frozenset[str]:
    """Every node that the flow may come to after this one."""
    found: set[str] = set()
    queue = deque(flows.get(begin, ()))
    while queue:
        node = queue.popleft()
        if node not in found:
            found.add(node)
            queue.extend(flows.get(node, ()))
    return frozenset(found)


def timer_of(node: etree._Element) -> str | None:
    """The timer of an event as `timers` reads it; None where it has none, "" where it is empty."""
    event = node.find(bpmn("timerEventDefinition"))
    if event is None:
        return None
    working = event.get(ours("working_days"))
    if working is not None:
        return f"working:{working.strip()}"
    for name in ("timeDuration", "timeDate"):
        found = event.find(bpmn(name))
        if found is not None:
            return (found.text or "").strip().strip("\"'")
    return ""


def given_of(node: etree._Element) -> list[tuple[str, str]]:
    """What a definition hands to an act: names and expressions."""
    return [(one.get("name", ""), one.text or "") for one in _extensions(node, "with")]


def field_nodes(node: etree._Element) -> list[etree._Element]:
    """The fields that a task asks for and those that it shows."""
    return [*_extensions(node, "field"), *_extensions(node, "show")]


def _extensions(node: etree._Element, name: str) -> Iterator[etree._Element]:
    for extension in node.findall(bpmn("extensionElements")):
        yield from extension.findall(ours(name))


def _in_order(process: etree._Element, flows: dict[str, list[str]]) -> list[etree._Element]:
    """The nodes so that each stands before what follows it, ways back aside.

    The first way out of a node is taken for the usual one and stands first; what happens at a
    boundary stands last.
    """
    nodes = {node.get("id", ""): node for node in process}
    start = next(node.get("id", "") for node in process if node.tag == bpmn("startEvent"))
    ordered: list[str] = []
    seen = {start}
    # Depth first, from the end of the list: whoever is left last stands first.
    way = [(start, iter(reversed(flows.get(start, []))))]
    while way:
        node, ahead = way[-1]
        following = next((one for one in ahead if one not in seen and one in nodes), None)
        if following is None:
            ordered.append(node)
            way.pop()
        else:
            seen.add(following)
            way.append((following, iter(reversed(flows.get(following, [])))))
    return [nodes[one] for one in reversed(ordered)]


def _element(node: etree._Element, messages: dict[str | None, str]) -> Element:
    kind = kind_of(node)
    assert kind is not None
    label, days = _label(node), node.get(ours("days"))
    is_boundary = node.tag == bpmn("boundaryEvent")
    hidden = node.get(ours("hidden"), "true" if is_boundary or not label else "false")
    return Element(
        id=node.get("id", ""),
        kind=kind,
        name=label,
        who=node.get(ours("who"), "") if kind is TaskKind.EMPLOYEE else "",
        act=node.get(ours("act"), ""),
        given=tuple(given_of(node)),
        message=message_of(node, messages) or "",
        days=int(days) if days else None,
        is_working_days=node.get(ours("day_unit"), "working") == "working",
        fields=tuple(_field(one) for one in _extensions(node, "field")),
        shows=tuple(_field(one) for one in _extensions(node, "show")),
        is_hidden=hidden == "true",
        is_exception=hidden == "until-reached",
    )


def message_of(node: etree._Element, messages: dict[str | None, str]) -> str | None:
    """The name of the message that a node waits for; None where it names none."""
    event = node.find(bpmn("messageEventDefinition"))
    reference = node.get("messageRef") if event is None else event.get("messageRef")
    return messages.get(reference) if reference else None


def _field(node: etree._Element) -> TaskField:
    return TaskField(
        name=node.get("name", ""),
        type=FieldType(node.get("type", "text")),
        label=_texts(node.findall(ours("label"))),
        hint=_texts(node.findall(ours("hint"))),
        is_required=node.get("required") == "true" or node.get("type") == FieldType.TICK,
        choices=tuple(
            Choice(one.get("value", ""), _texts(one.findall(ours("label"))))
            for one in node.findall(ours("choice"))
        ),
        required_if=node.get("required_if", "").strip(),
    )


def _label(node: etree._Element) -> Label:
    texts = {DEFAULT_LANGUAGE: " ".join(node.get("name", "").split())}
    texts |= _texts(_extensions(node, "name")).texts
    return Label({language: text for language, text in texts.items() if text})


def _texts(nodes: Iterable[etree._Element]) -> Label:
    return Label(
        {
            node.get(_LANGUAGE) or DEFAULT_LANGUAGE: " ".join((node.text or "").split())
            for node in nodes
        }
    )
