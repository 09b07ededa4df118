"""What the acts ask of the folder of a service, told when it is checked: templates and words."""

import ast
from collections.abc import Collection, Iterator, Sequence

from docflow import processes, services
from docflow.i18n import t
from docflow.service_acts import templates
from docflow.services import Folder, Problem

_SERVICE, _PROCESS = "service.json", "process.bpmn"


@services.after_check
def looked_at(folder: Folder, unit_codes: Collection[str] | None) -> Sequence[Problem]:
    """Templates that cannot be used, and texts and templates that the process names in vain."""
    return [*_templates(folder), *_named(folder)]


def _templates(folder: Folder) -> Iterator[Problem]:
    for path, written in sorted(folder.files.items()):
        if path.startswith("templates/") and path.endswith(".json"):
            try:
                templates.read(written, name=path.removeprefix("templates/"))
            except templates.BadTemplate as error:
                yield Problem(path, error.message)


def _named(folder: Folder) -> Iterator[Problem]:
    if not folder.process_xml or folder.definition is None:
        return
    try:
        definition = processes.read(folder.process_xml.encode())
    except processes.BadDefinition:
        return  # told by the check of the process itself
    own = folder.definition
    texts = set(own.parameters.get("messages.tell", {}))
    texts |= {"receipt"} if own.receipts else set()
    texts |= {"final_notice"} if own.final_notices else set()
    for element in definition.elements:
        given = dict(element.given)
        if element.act == "messages.tell" and _said(given.get("text", "")) not in texts:
            yield Problem(
                _PROCESS,
                t(
                    "“{step}” tells the text {text}, which {file} does not have: write it there "
                    "under act, messages.tell.",
                    step=element.id,
                    text=given.get("text", ""),
                    file=_SERVICE,
                ),
            )
        if element.act == "certificates.issue":
            path = f"templates/{_said(given.get('template', ''))}"
            # At the deployment of what was loaded, the files themselves are in the store.
            if folder.files and path not in folder.files:
                yield Problem(
                    _PROCESS,
                    t(
                        "“{step}” needs the file {file}, which is missing.",
                        step=element.id,
                        file=path,
                    ),
                )


def _said(expression: str) -> str:
    """The text of an expression that is a plain text; empty where it is more."""
    try:
        value = ast.literal_eval(expression.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return ""
    return value if isinstance(value, str) else ""
