"""Folders of services, made for a test: a small permit with a form and a process."""

import json
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from docflow import services
from docflow.office import Office
from docflow.services import Folder, Loaded
from tests.factories import Town

SERVICE: Mapping[str, Any] = {
    "format": 1,
    "code": "kiosk-permit",
    "title": {"el": "Άδεια περιπτέρου", "en": "Kiosk permit", "cs": "Povolení stánku"},
    "summary": {
        "el": "Άδεια για εκμετάλλευση περιπτέρου σε πλατεία.",
        "en": "Permission to run a kiosk in a square.",
    },
    "description": {"el": "Για **περίπτερα** έως 6 τ.μ.", "en": "For **kiosks** up to 6 sq. m."},
    "interest_groups": ["business"],
    "citizen_groups": ["businesses"],
    "document_kind": "permit",
    "families": ["Δ103.7"],
    "life_situations": ["company"],
    "keywords": {"el": ["ψιλικά"], "en": ["newspapers"]},
    "papers": [
        {"title": {"el": "Ταυτότητα", "en": "Identity card"}, "note": {"el": "ναι", "en": "yes"}},
        {"title": {"el": "Σκαρίφημα", "en": "Sketch"}, "required": False},
    ],
    "downloads": [
        {"title": {"el": "Υπεύθυνη δήλωση", "en": "Declaration"}, "file": "forms/dilosi.pdf"}
    ],
    "fee": {"el": "50 €", "en": "50 €"},
    "deadline": {"days": 20, "unit": "working"},
    "unit": "ΟΔΟΠ",
    "legal_basis": [{"title": {"el": "ν. 4849/2021", "en": "Law 4849/2021"}}],
    "level": "visitor",
    "kind": {"code": "kiosk", "title": {"el": "Άδεια περιπτέρου", "en": "Kiosk permit"}},
    "subject": {"el": "Περίπτερο στη θέση {place}", "en": "Kiosk at {place}"},
    "applicant": {"name": "full_name", "email": "email"},
    "unique_by": ["place"],
}
FORM: Mapping[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "full_name": {
            "type": "string",
            "minLength": 2,
            "maxLength": 120,
            "x-label": {"el": "Ονοματεπώνυμο", "en": "Full name"},
            "x-from": "full_name",
        },
        "email": {
            "type": "string",
            "format": "email",
            "x-label": {"el": "Email", "en": "E-mail"},
        },
        "place": {
            "type": "string",
            "enum": ["square", "park"],
            "x-widget": "radios",
            "x-label": {"el": "Θέση", "en": "Place"},
            "x-choices": {
                "square": {"el": "Πλατεία", "en": "Square"},
                "park": {"el": "Πάρκο", "en": "Park"},
            },
        },
    },
    "required": ["full_name", "place"],
}
PROCESS = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:docflow="urn:docflow:process:1" id="d" targetNamespace="urn:docflow">
  <bpmn:process id="kiosk" isExecutable="true">
    <bpmn:startEvent id="start"><bpmn:outgoing>f1</bpmn:outgoing></bpmn:startEvent>
    <bpmn:userTask id="look" name="Αυτοψία" docflow:who="unit" docflow:days="10">
      <bpmn:extensionElements><docflow:name xml:lang="en">Visit</docflow:name>
      </bpmn:extensionElements>
      <bpmn:incoming>f1</bpmn:incoming><bpmn:outgoing>f2</bpmn:outgoing>
    </bpmn:userTask>
    <bpmn:endEvent id="end"><bpmn:incoming>f2</bpmn:incoming></bpmn:endEvent>
    <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="look"/>
    <bpmn:sequenceFlow id="f2" sourceRef="look" targetRef="end"/>
  </bpmn:process>
</bpmn:definitions>
"""
PDF = b"%PDF-1.4\n%%EOF\n"


def folder(
    *,
    form: Mapping[str, Any] | None = FORM,
    process: str | None = PROCESS,
    files: Mapping[str, bytes | None] = {},
    **changes: Any,
) -> Folder:
    """The permit's folder; `changes` are keys of its `service.json`, None takes one out.

    `files` are further files, or others in place of those; None takes one out.
    """
    said = {**deepcopy(SERVICE), **changes}
    service = {key: value for key, value in said.items() if value is not None}
    made: dict[str, bytes | None] = {
        "service.json": json.dumps(service, ensure_ascii=False, indent=1).encode(),
        "form.schema.json": form and json.dumps(form, ensure_ascii=False, indent=1).encode(),
        "process.bpmn": process and process.encode(),
        "forms/dilosi.pdf": PDF,
        **files,
    }
    return Folder(str(service["code"]), {path: data for path, data in made.items() if data})


def loaded(office: Office, town: Town, made: Folder | None = None) -> Loaded:
    """The folder as a draft of the town."""
    with office.db.begin() as session:
        by = town.person(session, "administrator")
    return services.load(office, made or folder(), by=by)


def offered(office: Office, town: Town, made: Folder | None = None) -> Loaded:
    """The folder as the version that holds."""
    draft = loaded(office, town, made)
    with office.db.begin() as session:
        by = town.person(session, "administrator")
        seen = services.info(session, draft.code, by=by).seen
        services.deploy(session, draft.version_id, seen=seen, by=by)
    return draft
