"""The folder of a service: what is wrong in it is told with file, line and what to do."""

import json
import stat
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile, ZipInfo

import pytest

from docflow import services
from docflow.services import BadFolder, Folder, folders
from tests import offers


def _told(folder: Folder) -> list[tuple[str, str, str]]:
    """File, place and the English message of each problem."""
    _, problems = services.check(folder)
    return [(one.file, one.at, str(one.message)) for one in problems]


def _form(**changes: Any) -> dict[str, Any]:
    """The form with one more field, `extra`, that is made of the changes."""
    label = {"el": "Άλλο", "en": "Other"}
    extra = {"type": "string", "x-label": label, **changes}
    return {**offers.FORM, "properties": {**offers.FORM["properties"], "extra": extra}}


def test_a_good_folder_is_read_whole() -> None:
    read, problems = services.check(offers.folder())
    assert problems == []
    assert read.definition is not None
    assert read.definition.title("hu") == "Άδεια περιπτέρου"  # not written: as in Greek
    assert read.definition.title("cs") == "Povolení stánku"
    assert [group["fields"] for group in read.form["x-groups"]] == [["full_name", "email", "place"]]


@pytest.mark.parametrize("code", sorted(services.shipped()))
def test_what_comes_with_the_program_can_be_loaded(code: str) -> None:
    assert _told(services.read_folder(services.shipped()[code])) == []


@pytest.mark.parametrize(
    ("changes", "at", "message"),
    [
        ({"title": {"el": "Μόνο ελληνικά"}}, "title", "“en” is missing here. Add it."),
        ({"level": "friend"}, "level", "“friend” cannot stand here"),
        ({"levle": "none"}, "levle", "“levle” is not known here. Take it out"),
        ({"code": "Περίπτερο"}, "code", "is not in the form that is wanted"),
        ({"deadline": {"days": "20", "unit": "working"}}, "deadline.days", "stand: integer"),
        ({"interest_groups": ["buisness"]}, "interest_groups[0]", "There is no heading “buisness”"),
        ({"unique_by": ["email"]}, "unique_by[0]", "name it in “required”"),
        ({"unique_by": ["plate"]}, "unique_by[0]", "The form has no field “plate”"),
        ({"applicant": {"name": "who"}}, "applicant.name", "The form has no field “who”"),
        ({"subject": {"el": "{place.__class__}", "en": "x"}}, "subject.el", "has no field"),
        ({"subject": {"el": "{place", "en": "x"}}, "subject.el", "A curly bracket is not closed"),
        (
            {"legal_basis": [{"title": {"el": "α", "en": "a"}, "url": "javascript:alert(1)"}]},
            "legal_basis[0].url",
            "is not in the form that is wanted",
        ),
    ],
)  # fmt: skip
def test_a_fault_in_what_a_service_says_of_itself_is_named(
    changes: Mapping[str, Any], at: str, message: str
) -> None:
    [(file, place, told)] = _told(offers.folder(**changes))
    assert (file, place) == ("service.json", at)
    assert message in told


@pytest.mark.parametrize(
    ("field", "at", "message"),
    [
        ({"type": "object"}, "properties.extra.type", "“object” cannot stand here"),
        ({"$ref": "https://elsewhere.example/x"}, "properties.extra.$ref", "is not known here"),
        ({"enum": ["a"]}, "properties.extra", "has no label"),
        ({"x-widget": "files"}, "properties.extra.x-widget", "goes with the type array"),
        ({"x-widget": "select"}, "properties.extra", "nothing to choose from"),
        ({"pattern": "["}, "properties.extra.pattern", "cannot be read"),
        ({"pattern": "(a+)+$"}, "properties.extra.pattern", "may take for ever"),
        ({"minLength": 9, "maxLength": 3}, "properties.extra.minLength", "more than the most"),
        ({"type": "integer", "default": "x"}, "properties.extra.default", "must fit the field"),
        ({"x-shown-if": {"nothing": 1}}, "properties.extra.x-shown-if", "has no field"),
    ],
)
def test_a_fault_in_the_form_is_named(field: Mapping[str, Any], at: str, message: str) -> None:
    [(file, place, told)] = _told(offers.folder(form=_form(**field)))
    assert (file, place) == ("form.schema.json", at)
    assert message in told


def test_every_field_stands_in_one_group() -> None:
    title = {"el": "Α", "en": "A"}
    groups = [
        {"code": "a", "title": title, "fields": ["full_name", "place"]},
        {"code": "b", "title": title, "fields": ["place"]},
    ]
    told = _told(offers.folder(form={**offers.FORM, "x-groups": groups}))
    assert [place for _, place, _ in told] == ["x-groups[1].fields[0]", "x-groups"]


def test_a_fault_is_told_with_its_line() -> None:
    text = '{\n "format": 1,\n "title": {"el": "α",\n   "en": 5}\n}\n'
    _, problems = services.check(offers.folder(files={"service.json": text.encode()}))
    assert "service.json:4" in [one.place for one in problems if one.at == "title.en"]


@pytest.mark.parametrize(
    ("data", "line", "message"),
    [
        (b'{\n "a": 1\n "b": 2}', 3, "no JSON from here on"),
        (b'{"a": 1, "a": 2}', None, "“a” stands twice"),
        (b'{"a": NaN}', None, "numbers that are none"),
        (b"[1]", 1, "one JSON object"),
        ("{\n\"τίτλος\": 1}".encode("iso8859-7"), 2, "not in UTF-8"),
        (b"[" * 200_000, None, "no JSON"),
    ],
)  # fmt: skip
def test_what_is_no_json_is_told_so(data: bytes, line: int | None, message: str) -> None:
    _, [problem] = services.check(offers.folder(files={"service.json": data}))
    assert problem.line == line
    assert message in str(problem.message)


@pytest.mark.parametrize(
    ("files", "file", "message"),
    [
        ({"run.py": b"import os"}, "run.py", "no place in the folder"),
        ({"templates/x.exe": b"MZ"}, "templates/x.exe", "no place in the folder"),
        ({"process.bpmn": None}, "form.schema.json", "add process.bpmn"),
        ({"forms/dilosi.pdf": None}, "service.json", "“forms/dilosi.pdf” is not in the folder"),
        ({"forms/dilosi.pdf": b"<html>"}, "forms/dilosi.pdf", "not the file that its name says"),
        ({"fee.json": b'{"format": 1}'}, "fee.json", "items"),
        ({"service.json": None}, "service.json", "There is no service.json in it"),
    ],
)
def test_a_file_that_does_not_belong_or_is_missing_is_told(
    files: Mapping[str, bytes | None], file: str, message: str
) -> None:
    [(named, _, told)] = _told(offers.folder(files=files))
    assert named == file
    assert message in told


def test_a_fee_asks_only_for_fields_of_the_form() -> None:
    label = {"el": "Τέλος", "en": "Fee"}
    item = {"kind": "per-piece", "field": "copies", "amount": "2.00", "label": label}
    fee = json.dumps({"format": 1, "items": [item]}).encode()
    [(file, _, told)] = _told(offers.folder(files={"fee.json": fee}))
    assert file == "fee.json"
    assert "copies" in told


def test_a_process_that_runs_a_script_is_refused() -> None:
    process = offers.PROCESS.replace("userTask", "scriptTask").replace(
        "</bpmn:scriptTask>",
        "<bpmn:script>open('/etc/passwd').read()</bpmn:script></bpmn:scriptTask>",
    )
    told = _told(offers.folder(process=process))
    assert {file for file, _, _ in told} == {"process.bpmn"}
    _, problems = services.check(offers.folder(process=process))
    assert any(one.line for one in problems)


def test_a_process_names_only_units_of_the_body() -> None:
    folder = offers.folder(process=offers.PROCESS.replace('who="unit"', 'who="unit:ΑΝΥΠ"'))
    assert services.check(folder)[1] == []  # for any body
    _, problems = services.check(folder, ["ΟΔΟΠ"])
    assert "ΑΝΥΠ" in str(problems[0].message)


def test_a_zip_holds_the_folder_or_what_is_in_it() -> None:
    folder = offers.folder()
    again = services.read_zip(services.packed(folder), "other.zip")
    assert (again.name, again.digest) == ("kiosk-permit", folder.digest)
    flat = BytesIO()
    with ZipFile(flat, "w") as archive:
        for path, data in folder.files.items():
            archive.writestr(path, data)
        archive.writestr("__MACOSX/._service.json", b"litter")
    assert services.read_zip(flat.getvalue(), "kiosk-permit.zip").digest == folder.digest


def _zip(name: str, data: bytes, *, mode: int = stat.S_IFREG | 0o644) -> bytes:
    out = BytesIO()
    with ZipFile(out, "w", 8) as archive:
        info = ZipInfo(name)
        info.external_attr = mode << 16
        archive.writestr(info, data)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"not a zip", "no ZIP file that can be read"),
        (_zip("../service.json", b"{}"), "points out of the folder"),
        (_zip("/etc/service.json", b"{}"), "points out of the folder"),
        (_zip("service.json", b"/etc/passwd", mode=stat.S_IFLNK | 0o777), "no plain file"),
        (_zip("readme.txt", b"x"), "There is no service.json in it"),
        (_zip("service.json", b"\0" * (folders.MAX_FILE + 1)), "too large at “service.json”"),
    ],
)
def test_a_zip_that_means_harm_or_nothing_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(BadFolder, match=message):
        services.read_zip(data)


def test_a_link_in_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "service.json").symlink_to("/etc/passwd")
    with pytest.raises(BadFolder, match="no plain file"):
        services.read_folder(tmp_path)
