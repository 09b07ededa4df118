"""The process of a service is checked with the rest of its folder, before it can be deployed."""

from collections.abc import Collection, Sequence

from docflow import services
from docflow.processes.checking import check

FILE = "process.bpmn"


@services.after_check
def _check(
    folder: services.Folder, unit_codes: Collection[str] | None
) -> Sequence[services.Problem]:
    if not folder.process_xml:
        return ()
    return [
        services.Problem(FILE, one.message, line=one.line, at=one.element_id)
        for one in check(folder.process_xml, unit_codes=unit_codes)
    ]
