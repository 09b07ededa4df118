"""Process definitions for tests, drawn in a few words."""

from collections.abc import Iterable

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' xmlns:docflow="urn:docflow:process:1" id="d" targetNamespace="urn:docflow">\n'
)


def drawn(
    *nodes: str, flows: Iterable[str], messages: Iterable[str] = (), process: str = "fine"
) -> bytes:
    """A file with these nodes, and flows as "from to", "from to default" or "from to if …"."""
    lines = [_HEAD, *(f'<bpmn:message id="m-{one}" name="{one}"/>\n' for one in messages)]
    lines.append(f'<bpmn:process id="{process}" name="Κλήση" isExecutable="true">\n')
    defaults = {}
    drawn_flows = []
    for n, flow in enumerate(flows):
        source, target, *rest = flow.split(" ", 2)
        condition = ""
        if rest and rest[0].startswith("if "):
            text = rest[0][3:].replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
            condition = (
                '<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">'
                f"{text}</bpmn:conditionExpression>"
            )
        elif rest:
            defaults[source] = f"f{n}"
        drawn_flows.append(
            f'<bpmn:sequenceFlow id="f{n}" sourceRef="{source}" targetRef="{target}">'
            f"{condition}</bpmn:sequenceFlow>\n"
        )
    for node in nodes:
        for source, flow in defaults.items():
            node = node.replace(f' id="{source}"', f' id="{source}" default="{flow}"')
        lines.append(f"{node}\n")
    lines += [*drawn_flows, "</bpmn:process>\n</bpmn:definitions>\n"]
    return "".join(lines).encode()


START = '<bpmn:startEvent id="start"/>'


def end(name: str = "end") -> str:
    return f'<bpmn:endEvent id="{name}"/>'


def user(name: str, who: str, *, label: str = "", more: str = "", inside: str = "") -> str:
    extension = f"<bpmn:extensionElements>{inside}</bpmn:extensionElements>" if inside else ""
    return (
        f'<bpmn:userTask id="{name}" name="{label or name}" docflow:who="{who}" {more}>'
        f"{extension}</bpmn:userTask>"
    )


def field(name: str, kind: str = "text", *, more: str = "", inside: str = "") -> str:
    return (
        f'<docflow:field name="{name}" type="{kind}" {more}>'
        f'<docflow:label xml:lang="el">Πεδίο {name}</docflow:label>'
        f'<docflow:label xml:lang="en">Field {name}</docflow:label>{inside}</docflow:field>'
    )


def act(name: str, act: str, *, label: str = "", **given: str) -> str:
    inside = "".join(
        f'<docflow:with name="{one}">{expression}</docflow:with>'
        for one, expression in given.items()
    )
    extension = f"<bpmn:extensionElements>{inside}</bpmn:extensionElements>" if inside else ""
    named = f' name="{label}"' if label else ""
    return (
        f'<bpmn:serviceTask id="{name}"{named} docflow:act="{act}">{extension}</bpmn:serviceTask>'
    )


def timer(name: str, period: str, *, label: str = "", on: str = "", cancels: bool = True) -> str:
    """An event of its own, or a boundary event `on` a task."""
    event = _timer(period)
    if on:
        return (
            f'<bpmn:boundaryEvent id="{name}" attachedToRef="{on}"'
            f' cancelActivity="{str(cancels).lower()}">{event}</bpmn:boundaryEvent>'
        )
    named = f' name="{label}"' if label else ""
    return f'<bpmn:intermediateCatchEvent id="{name}"{named}>{event}</bpmn:intermediateCatchEvent>'


def _timer(period: str) -> str:
    if period.startswith("working:"):
        days = period.removeprefix("working:")
        return f'<bpmn:timerEventDefinition docflow:working_days="{days}"/>'
    tag = "timeDuration" if period.startswith("P") else "timeDate"
    return (
        f'<bpmn:timerEventDefinition><bpmn:{tag} xsi:type="bpmn:tFormalExpression">{period}'
        f"</bpmn:{tag}></bpmn:timerEventDefinition>"
    )


def message(name: str, message: str, *, label: str = "", on: str = "") -> str:
    event = f'<bpmn:messageEventDefinition messageRef="m-{message}"/>'
    named = f' name="{label}"' if label else ""
    if on:
        return f'<bpmn:boundaryEvent id="{name}" attachedToRef="{on}">{event}</bpmn:boundaryEvent>'
    return f'<bpmn:intermediateCatchEvent id="{name}"{named}>{event}</bpmn:intermediateCatchEvent>'


def gateway(name: str, kind: str = "exclusive", *, label: str = "") -> str:
    named = f' name="{label}"' if label else ""
    return f'<bpmn:{kind}Gateway id="{name}"{named}/>'
