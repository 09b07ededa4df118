"""A case file as ZIP: the originals byte for byte, with an index for people and for programs.

`index.html` opens in any browser and loads nothing; `index.csv` and `index.json` say the same;
`SHA256SUMS` is what `sha256sum -c` checks. A file that is lost, closed or erased is named with its
digest and the reason.
"""

import csv
import hashlib
import io
import json
import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from docflow.case_files import paper
from docflow.case_files.bundle import Bundle, BundledEntry, BundledFile, cover_facts, not_open_note
from docflow.case_files.models import ItemKind
from docflow.i18n import Text, t
from docflow.office import Office
from docflow.words import word

_UNSAFE = re.compile(r"[^\w.-]+|\.{2,}", re.UNICODE)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_HEADS = (
    t("Case file"),
    t("Number in the file"),
    t("Registered number"),
    t("Date"),
    t("Direction"),
    t("From / to"),
    t("Subject"),
    t("Class"),
    t("Pages"),
    t("Files"),
    t("Size"),
    "SHA-256",
    t("Remark"),
)
_STYLE = (
    "body{font:16px/1.45 sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem;color:#16202b}"
    "table{border-collapse:collapse;width:100%}th,td{border-bottom:1px solid #c3cad2;padding:.4rem;"
    "text-align:left;vertical-align:top}th{color:#1d3c63}code{font-size:.75rem;word-break:break-all}"
    "dt{color:#55606c}dd{margin:0 0 .4rem}.quiet{color:#55606c}"
)


@dataclass(frozen=True, slots=True)
class _Kept:
    """A file of the archive: its path there, or why it is not in it."""

    path: str
    name: str
    size: int
    sha256: str
    remark: str


@dataclass(frozen=True, slots=True)
class _Row:
    part: int
    entry: BundledEntry
    files: tuple[_Kept, ...]


def write(office: Office, bundle: Bundle, target: Path, *, language: str) -> None:
    """Write the archive. Raises StoreUnavailable, CaseFileNotPrinted."""
    moment = bundle.made_at.timetuple()[:6]
    sums: list[tuple[str, str]] = []
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive:

        def add(name: str, data: bytes) -> None:
            archive.writestr(_member(name, moment), data)
            sums.append((hashlib.sha256(data).hexdigest(), name))

        rows = list(_written(office, bundle, archive, moment, sums, language))
        add("contents.pdf", paper.contents_pdf(bundle, language=language))
        add("index.html", _html(bundle, rows, language).encode())
        add("index.csv", _csv(bundle, rows, language))
        add("index.json", _json(bundle, rows, language))
        listed = "".join(f"{digest}  {name}\n" for digest, name in sums)
        archive.writestr(_member("SHA256SUMS", moment), listed)


def _written(
    office: Office,
    bundle: Bundle,
    archive: zipfile.ZipFile,
    moment: tuple[int, ...],
    sums: list[tuple[str, str]],
    language: str,
) -> Iterator[_Row]:
    """Put the originals into the archive, document by document."""
    for number, part in enumerate(bundle.parts):
        for entry in part.entries:
            content = entry.content
            folder = f"{number:02}_{_slug(part.line.code)}/{content.number:03}_"
            folder += _slug(content.line.label)
            kept: list[_Kept] = []
            for file in entry.files:
                for sha256, mark in _versions(file):
                    name = f"{file.info.position:02}_{mark}{_slug(file.info.name)}"
                    path = f"{folder}/{name}"
                    remark, size = _put(office, archive, file, sha256, path, moment, language)
                    if not remark:
                        sums.append((sha256, path))
                    at = "" if remark else path
                    kept.append(_Kept(at, file.info.name, size, sha256, remark))
            yield _Row(number, entry, tuple(kept))


def _versions(file: BundledFile) -> list[tuple[str, str]]:
    """The file as it came, and, where proofs of time were added later, as it is now."""
    found = [(file.info.sha256, "")]
    if file.present_sha256 != file.info.sha256:
        found.append((file.present_sha256, "with-proofs_"))
    return found


def _put(
    office: Office,
    archive: zipfile.ZipFile,
    file: BundledFile,
    sha256: str,
    path: str,
    moment: tuple[int, ...],
    language: str,
) -> tuple[str, int]:
    """Copy an object into the archive; why it is not in it (empty where it is), and its size."""
    if file.is_closed or file.is_erased:
        why = t("kept closed: not in this file") if file.is_closed else t("erased by order")
        return why.in_language(language), file.info.size
    with tempfile.NamedTemporaryFile(prefix="docflow-archive-") as passing:
        # Whole and checked, before a byte of it is in the archive.
        copy = paper.copied(office, sha256, Path(passing.name))
        if copy is None:
            return t("not in the store: left out").in_language(language), file.info.size
        size = copy.stat().st_size
        member = archive.open(_member(path, moment), "w", force_zip64=size > 1 << 30)
        with member, copy.open("rb") as stream:
            shutil.copyfileobj(stream, member, 1 << 20)
    return "", size


def _member(path: str, moment: tuple[int, ...]) -> zipfile.ZipInfo:
    year, month, day, hour, minute, second = moment
    info = zipfile.ZipInfo(path, (year, month, day, hour, minute, second))
    info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
    return info


def _slug(text: str) -> str:
    """A part of a path that every system takes: no separators, no dots in front, not too long."""
    clean = _UNSAFE.sub("-", text).strip("-.") or "document"
    stem, dot, end = clean.rpartition(".")
    return f"{stem[:60]}.{end[:8]}" if dot and stem else clean[:60]


def _html(bundle: Bundle, rows: list[_Row], language: str) -> str:
    def said(text: Text | str) -> str:
        return escape(text if isinstance(text, str) else text.in_language(language))

    facts = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>"
        for name, value in cover_facts(bundle, language)
    )
    made = t(
        "Made on {moment} by {person}",
        moment=f"{bundle.made_at:%d/%m/%Y %H:%M}",
        person=bundle.made_by,
    )
    sections = []
    for number, part in enumerate(bundle.parts):
        lines = "".join(_html_row(row, bundle, language) for row in rows if row.part == number)
        heads = (t("Order"), t("Number"), t("Date"), t("From / to"), t("Subject"), t("Files"))
        note = not_open_note(part, language)
        sections.append(
            f"<h2>{escape(part.line.code)} {escape(part.line.title)}</h2>"
            f"<table><thead><tr>{''.join(f'<th>{said(head)}</th>' for head in heads)}</tr></thead>"
            f"<tbody>{lines}</tbody></table>"
            + (f'<p class="quiet">{escape(note)}</p>' if note else "")
        )
    title = f"{escape(bundle.line.code)} {escape(bundle.line.title)}"
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{title}</title><style>{_STYLE}</style></head><body><h1>{title}</h1>"
        f"<p>{escape(bundle.issuer.name)}</p><dl>{facts}</dl>{''.join(sections)}"
        f'<p class="quiet">{said(made)}</p></body></html>\n'
    )


def _html_row(row: _Row, bundle: Bundle, language: str) -> str:
    content, line = row.entry.content, row.entry.content.line
    files = "<br>".join(
        (
            f'<a href="{escape(_href(one.path))}">{escape(one.name)}</a>'
            if one.path
            else f"{escape(one.name)} ({escape(one.remark)})"
        )
        + f" <code>{one.sha256}</code>"
        for one in row.files
    )
    marks = "".join(f" <em>{escape(mark)}</em>" for mark in _marks(row, language))
    day = line.registered_at.astimezone(bundle.made_at.tzinfo)
    cells = (str(content.number), line.label, f"{day:%d/%m/%Y}", line.correspondent)
    plain = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
    return f"<tr>{plain}<td>{escape(line.subject)}{marks}</td><td>{files}</td></tr>"


def _href(path: str) -> str:
    """The path as an address beside the index; only a percent sign would mislead."""
    return path.replace("%", "%25").replace("#", "%23").replace("?", "%3F")


def _marks(row: _Row, language: str) -> list[str]:
    found = []
    if row.entry.content.line.is_annulled:
        found.append(word("handling", "annulled", language))
    if row.entry.content.kind is ItemKind.REFERENCE:
        found.append(t("by reference").in_language(language))
    return found


def _csv(bundle: Bundle, rows: list[_Row], language: str) -> bytes:
    """One row a file, UTF-8 with a byte order mark; nothing that a program would compute."""
    written = io.StringIO()
    writer = csv.writer(written, delimiter=";", lineterminator="\r\n")
    writer.writerow([h if isinstance(h, str) else h.in_language(language) for h in _HEADS])
    for row in rows:
        content, line = row.entry.content, row.entry.content.line
        day = line.registered_at.astimezone(bundle.made_at.tzinfo)
        start = (
            bundle.parts[row.part].line.code,
            str(content.number),
            line.label,
            f"{day:%d/%m/%Y}",
            word("direction", line.direction, language),
            line.correspondent,
            line.subject,
            row.entry.class_code,
            str(content.pages or ""),
        )
        for one in row.files or (_Kept("", "", 0, "", ""),):
            remark = "; ".join([*_marks(row, language), *filter(None, [one.remark])])
            size = str(one.size) if one.name else ""
            cells = (*start, one.path or one.name, size, one.sha256, remark)
            writer.writerow([f"'{c}" if c.startswith(_FORMULA) else c for c in cells])
    return written.getvalue().encode("utf-8-sig")


def _json(bundle: Bundle, rows: list[_Row], language: str) -> bytes:
    parts = [
        {
            "code": part.line.code,
            "title": part.line.title,
            "unit": part.line.unit,
            "class": part.line.class_.code if part.line.class_ else None,
            "opened_at": part.line.opened_at.isoformat(),
            "closed_at": part.line.closed_at.isoformat() if part.line.closed_at else None,
            "documents": [_json_row(row) for row in rows if row.part == number],
            "documents_not_open": part.not_open or None,
        }
        for number, part in enumerate(bundle.parts)
    ]
    told = {
        "body": bundle.issuer.name,
        "made_at": bundle.made_at.isoformat(timespec="seconds"),
        "made_by": bundle.made_by,
        "language": language,
        "case_files": parts,
    }
    return json.dumps(told, ensure_ascii=False, indent=1).encode()


def _json_row(row: _Row) -> dict[str, Any]:
    content, line = row.entry.content, row.entry.content.line
    return {
        "number": content.number,
        "label": line.label,
        "book": line.book,
        "registered_at": line.registered_at.isoformat(),
        "direction": line.direction,
        "from_or_to": line.correspondent,
        "subject": line.subject,
        "class": row.entry.class_code or None,
        "by_reference": content.kind is ItemKind.REFERENCE,
        "annulled": line.is_annulled,
        "pages": content.pages,
        "files": [
            {
                "path": one.path or None,
                "name": one.name,
                "size": one.size,
                "sha256": one.sha256,
                "remark": one.remark or None,
            }
            for one in row.files
        ],
    }
