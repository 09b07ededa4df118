"""The public acts of the body: list with search, one act, its file, and the feeds. No login."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from lxml import etree  # type: ignore[import-untyped]

from api.deps import Language, TheOffice
from api.portal.render import page
from api.streams import stored_file
from docflow import organization, publications
from docflow.i18n import translate
from docflow.office import Office
from docflow.publications import PAGE_SIZE, Act, Wanted

router = APIRouter()
ActId = Annotated[int, Path(ge=1, le=2**62)]
Words = Annotated[str, Query(max_length=200)]
# Typed by hand into an address, or left empty by a form: what is no number is not looked for.
Number = Annotated[str, Query(max_length=20)]
Start = Annotated[int, Query(ge=0, le=1_000_000)]
_ATOM = "http://www.w3.org/2005/Atom"


def _wanted(q: Words = "", year: Number = "", unit: Number = "", kind: Words = "") -> Wanted:
    return Wanted(
        words=q.strip(),
        year=int(year) if year.isdecimal() and 1 <= len(year) <= 4 else None,
        unit_id=int(unit) if unit.isdecimal() and len(unit) <= 18 else None,
        kind=kind.strip().replace("\x00", ""),
    )


Chosen = Annotated[Wanted, Depends(_wanted)]


@router.get("/acts")
def listed(request: Request, office: TheOffice, wanted: Chosen, start: Start = 0) -> Response:
    """What was made public, the newest first."""
    with office.db.read() as session:
        body = organization.first_body(session)
        found = publications.acts(session, body.id, wanted, start=start) if body else None
    said = _query(wanted)
    return page(
        request,
        "portal/acts.html",
        found=found,
        values={name: str(value) for name, value in _said(wanted).items()},
        errors={},
        start=start,
        page_size=PAGE_SIZE,
        feed_query=f"?{said}" if said else "",
        address=f"/acts?{said}&start=" if said else "/acts?start=",
        years=[(str(one), str(one)) for one in found.years] if found else [],
        units=[(str(unit_id), name) for unit_id, name in found.units] if found else [],
        kinds=[(one, one) for one in found.kinds] if found else [],
    )


@router.get("/acts/feed.atom")
def atom(office: TheOffice, language: Language, wanted: Chosen) -> Response:
    """The newest acts as Atom (RFC 4287)."""
    name, acts = _feed(office, wanted)
    content = _as_atom(office, name, acts, language)
    return Response(content, media_type="application/atom+xml; charset=utf-8")


@router.get("/acts/feed.rss")
def rss(office: TheOffice, language: Language, wanted: Chosen) -> Response:
    """The newest acts as RSS 2.0."""
    name, acts = _feed(office, wanted)
    content = _as_rss(office, name, acts, language)
    return Response(content, media_type="application/rss+xml; charset=utf-8")


@router.get("/acts/{act_id}")
def one(request: Request, act_id: ActId, office: TheOffice) -> Response:
    """An act at its permanent address; of a withdrawn one, when and why."""
    with office.db.read() as session:
        body = organization.first_body(session)
        found = publications.act(session, body.id if body else 0, act_id)
    status = 410 if found.withdrawn_at else 200
    return page(request, "portal/act.html", status_code=status, act=found)


@router.get("/acts/{act_id}/file")
def file(act_id: ActId, office: TheOffice) -> Response:
    """The exact copy."""
    with office.db.read() as session:
        body = organization.first_body(session)
        name, sha256 = publications.file(session, body.id if body else 0, act_id)
    return stored_file(office, sha256=sha256, name=name, media_type="application/pdf")


def _said(wanted: Wanted) -> dict[str, str | int]:
    """The filter as it stands in an address; what is not asked for is empty."""
    return {
        "q": wanted.words,
        "year": wanted.year or "",
        "unit": wanted.unit_id or "",
        "kind": wanted.kind,
    }


def _query(wanted: Wanted) -> str:
    return urlencode({name: value for name, value in _said(wanted).items() if value})


def _feed(office: Office, wanted: Wanted) -> tuple[str, Sequence[Act]]:
    with office.db.read() as session:
        body = organization.first_body(session)
        if body is None:
            return "", []
        return body.name, publications.feed(session, body.id, wanted)


def _title(act: Act, language: str) -> str:
    said = f"{act.number} · {act.subject}"
    return f"{translate('Annulled', language)}: {said}" if act.is_annulled else said


def _summary(act: Act, language: str) -> str:
    parts = [act.kind, act.unit, f"{act.acted_on:%d/%m/%Y}"]
    if act.ada:
        parts.append(f"{translate('ΑΔΑ', language)} {act.ada}")
    return " · ".join(part for part in parts if part)


def _xml(root: etree._Element) -> bytes:
    made: bytes = etree.tostring(root, xml_declaration=True, encoding="utf-8")
    return made


def _as_atom(office: Office, name: str, acts: Sequence[Act], language: str) -> bytes:
    base = office.settings.public_url.rstrip("/")
    root = etree.Element(etree.QName(_ATOM, "feed"), nsmap={None: _ATOM})

    def add(to: etree._Element, tag: str, text: str = "", **attributes: str) -> etree._Element:
        made = etree.SubElement(to, etree.QName(_ATOM, tag), attributes)
        made.text = _clean(text) or None
        return made

    add(root, "id", f"{base}/acts")
    add(root, "title", translate("Public acts of {body}", language, body=name))
    add(root, "updated", _instant(max((act.changed_at for act in acts), default=None)))
    add(root, "link", rel="self", href=f"{base}/acts/feed.atom")
    add(root, "link", rel="alternate", href=f"{base}/acts", type="text/html")
    add(add(root, "author"), "name", name or "-")
    for act in acts:
        entry = add(root, "entry")
        add(entry, "id", f"{base}/acts/{act.id}")
        add(entry, "title", _title(act, language))
        add(entry, "updated", _instant(act.changed_at))
        add(entry, "published", _instant(act.published_at))
        add(entry, "link", rel="alternate", href=f"{base}/acts/{act.id}", type="text/html")
        add(entry, "summary", _summary(act, language))
    return _xml(root)


def _as_rss(office: Office, name: str, acts: Sequence[Act], language: str) -> bytes:
    base = office.settings.public_url.rstrip("/")
    root = etree.Element("rss", {"version": "2.0"})
    channel = etree.SubElement(root, "channel")

    def add(to: etree._Element, tag: str, text: str, **attributes: str) -> None:
        etree.SubElement(to, tag, attributes).text = _clean(text)

    add(channel, "title", translate("Public acts of {body}", language, body=name))
    add(channel, "link", f"{base}/acts")
    add(channel, "description", translate("Public acts of {body}", language, body=name))
    for act in acts:
        item = etree.SubElement(channel, "item")
        add(item, "title", _title(act, language))
        add(item, "link", f"{base}/acts/{act.id}")
        add(item, "guid", f"{base}/acts/{act.id}", isPermaLink="true")
        add(item, "description", _summary(act, language))
        add(item, "pubDate", act.published_at.strftime("%a, %d %b %Y %H:%M:%S +0000"))
    return _xml(root)


def _instant(at: datetime | None) -> str:
    return at.isoformat(timespec="seconds") if at else "1970-01-01T00:00:00+00:00"


def _clean(text: str) -> str:
    """Without the control characters that XML 1.0 does not know."""
    return "".join(char for char in text if char in "\t\n" or char >= " ").replace("\ufffe", "")
