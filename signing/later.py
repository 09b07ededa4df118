"""What revisions after a signature do to what the signer saw, beyond pyHanko's own analysis.

Its rules let pass, as "filling in forms": other fonts and styles for the fields of a form, scripts
in a new signature field, a new order of what lies on top of what, and the object that a page refers
to and that was missing when it was signed (the shadow attacks' favourites).
"""

from collections.abc import Iterator
from typing import Any

from pyhanko.pdf_utils.generic import (
    ArrayObject,
    DictionaryObject,
    IndirectObject,
    PdfObject,
    Reference,
)
from pyhanko.pdf_utils.reader import HistoricalResolver, PdfFileReader

# What a signature field with its widget may say (ISO 32000-2, tables 166, 191, 226, 234); actions
# (/A, /AA) are what is missing.
_FIELD_KEYS = (
    "/Type /Subtype /FT /T /TU /TM /F /Ff /Rect /P /V /DV /AP /AS /Lock /SV /DA /Q /DR /MK /Parent"
    " /Kids /NM /M /BS /Border /H /StructParent /C /Contents /Lang"
)
_ALLOWED = frozenset(_FIELD_KEYS.split())
_DRAWN_BY_VIEWER = frozenset({"/CA", "/RC", "/AC", "/I", "/RI", "/IX"})
_DEPTH = 32
_COVERING = 0.4  # of a page's area: more than any signature's box


def later_reasons(reader: PdfFileReader, revision: int) -> set[str]:
    """What speaks against the revisions after `revision`, as reasons."""
    last = reader.xrefs.total_revisions - 1
    if revision >= last:
        return set()
    old, new = reader.get_historical_resolver(revision), reader.get_historical_resolver(last)
    reasons = set()
    # Of each revision, since a program that signs may take back what an attacker demanded.
    later = (reader.get_historical_resolver(one) for one in range(revision + 1, last + 1))
    if any(_form_style_changed(old, one) for one in later):
        reasons.add("form-changed")
    if (
        _fields_misused(old, new)
        or _order_changed(reader, old, new)
        or _missing_object_supplied(reader, old)
    ):
        reasons.add("changed-after-signing")
    return reasons


def has_active_content(reader: PdfFileReader) -> bool:
    """Does the document run scripts, or bring a form of its own kind (XFA), when it is opened?

    Both can show another document tomorrow than today, with every byte as it was signed.
    """
    root = reader.root
    names = at(root, "/Names")
    opening = at(root, "/OpenAction")
    runs = isinstance(opening, DictionaryObject) and at(opening, "/S") == "/JavaScript"
    scripts = isinstance(names, DictionaryObject) and "/JavaScript" in names
    acroform = at(root, "/AcroForm")
    own_form = isinstance(acroform, DictionaryObject) and "/XFA" in acroform
    return runs or scripts or "/AA" in root or own_form


def _form_style_changed(old: HistoricalResolver, new: HistoricalResolver) -> bool:
    """Could the fields of a form now be drawn otherwise than they were?"""
    before, after = form(old), form(new)
    if all(at(field, "/FT", "/Sig") == "/Sig" for _, field in fields(before)):
        return False
    redrawn = bool(at(after, "/NeedAppearances", False))
    if redrawn and not at(before, "/NeedAppearances", False):
        return True
    if any(at(before, key) != at(after, key) for key in ("/DA", "/Q") if key in before or redrawn):
        return True
    return _resources_changed(at(before, "/DR"), at(after, "/DR"), additions_matter=redrawn)


def _resources_changed(before: object, after: object, *, additions_matter: bool) -> bool:
    """Were fonts and the like exchanged? Entries of their own do no harm unless used to redraw."""
    if not isinstance(before, DictionaryObject):
        return additions_matter and isinstance(after, DictionaryObject)
    if not isinstance(after, DictionaryObject):
        return True
    for category, entries in before.items():
        now = at(after, category)
        if not isinstance(entries, DictionaryObject):
            continue
        if not isinstance(now, DictionaryObject):
            return True
        if any(at(now, name) is None for name in entries):
            return True
        if any(entries.raw_get(name) != now.raw_get(name) for name in entries):
            return True
        if additions_matter and set(now) - set(entries):
            return True
    return additions_matter and bool(set(after) - set(before))


def _fields_misused(old: HistoricalResolver, new: HistoricalResolver) -> bool:
    """Does a field that was added say more than a signature field may?"""
    present = {reference for reference, _ in fields(form(old))}
    for reference, field in fields(form(new)):
        if reference in present:
            continue
        if set(field) - _ALLOWED or at(field, "/Subtype", "/Widget") != "/Widget":
            return True
        style = at(field, "/MK")
        if isinstance(style, DictionaryObject) and set(style) & _DRAWN_BY_VIEWER:
            return True
        if _covers_page(field):
            return True
    return False


def _covers_page(widget: DictionaryObject) -> bool:
    """Is it so large that it hides the page rather than stands on it?"""
    page = at(widget, "/P")
    if not isinstance(page, DictionaryObject):
        return False
    box = at(page, "/CropBox") or at(page, "/MediaBox")
    for _ in range(_DEPTH):
        if box is not None or not isinstance(at(page, "/Parent"), DictionaryObject):
            break
        page = page["/Parent"]
        box = at(page, "/CropBox") or at(page, "/MediaBox")
    whole = _area(box)
    return whole > 0 and _area(at(widget, "/Rect")) > _COVERING * whole


def _area(box: object) -> float:
    if not isinstance(box, ArrayObject) or len(box) != 4:
        return 0
    x0, y0, x1, y1 = (float(number) for number in box)
    return abs(x1 - x0) * abs(y1 - y0)


def _order_changed(reader: PdfFileReader, old: HistoricalResolver, new: HistoricalResolver) -> bool:
    """Do annotations that were there lie on top of each other in another order?"""
    known = form(old)
    exempt = known.raw_get("/Fields") if "/Fields" in known else None
    for reference in _rewritten(reader, old):
        before, after = old(reference), new(reference)
        if isinstance(before, DictionaryObject) and at(before, "/Type") == "/Page":
            before, after = at(before, "/Annots"), at(after, "/Annots")
        elif isinstance(exempt, IndirectObject) and exempt.reference == reference:
            continue  # the list of a form's fields draws nothing
        if isinstance(before, ArrayObject) and isinstance(after, ArrayObject):
            kept = [one for one in _references(after) if one in set(_references(before))]
            if kept != _references(before):
                return True
    return False


def _missing_object_supplied(reader: PdfFileReader, old: HistoricalResolver) -> bool:
    """Is there now an object that the signed revision referred to, but did not have?"""
    supplied = [
        reference
        for reference in _later(reader, old)
        if reader.xrefs.get_historical_ref(reference, old.revision) is None
    ]
    if not supplied:
        return False
    # pyHanko's own index of who refers to whom in a revision, which its analysis has made already.
    old._load_reverse_xref_cache()
    return any(old._get_usages_of_ref(reference) for reference in supplied)


def _rewritten(reader: PdfFileReader, old: HistoricalResolver) -> Iterator[Reference]:
    """Objects of the signed revision that a later one defines anew."""
    for reference in _later(reader, old):
        if reader.xrefs.get_historical_ref(reference, old.revision) is not None:
            yield reference


def _later(reader: PdfFileReader, old: HistoricalResolver) -> set[Reference]:
    found: set[Reference] = set()
    for revision in range(old.revision + 1, reader.xrefs.total_revisions):
        found |= reader.xrefs.explicit_refs_in_revision(revision)
    return found


def at(dictionary: DictionaryObject, key: str, default: object = None) -> Any:
    """The value itself, where the dictionary may hold a reference to it."""
    if key not in dictionary:
        return default
    return dictionary[key]


def form(resolver: HistoricalResolver) -> DictionaryObject:
    """The document's form at a revision; empty where it has none."""
    found = at(resolver.root, "/AcroForm")
    return found if isinstance(found, DictionaryObject) else DictionaryObject()


def fields(acroform: DictionaryObject) -> Iterator[tuple[Reference, DictionaryObject]]:
    """All fields of a form and their widgets, with inherited kinds written into copies."""
    yield from _kids(at(acroform, "/Fields"), None, depth=0)


def _kids(
    kids: object, kind: PdfObject | None, *, depth: int
) -> Iterator[tuple[Reference, DictionaryObject]]:
    if not isinstance(kids, ArrayObject) or depth > _DEPTH:
        return
    for one in kids:
        field = one.get_object()
        if not isinstance(one, IndirectObject) or not isinstance(field, DictionaryObject):
            continue
        own = at(field, "/FT", kind)
        copy = DictionaryObject(field)
        if own is not None:
            copy["/FT"] = own
        yield one.reference, copy
        yield from _kids(at(field, "/Kids"), own, depth=depth + 1)


def _references(array: ArrayObject) -> list[Reference]:
    return [one.reference for one in array if isinstance(one, IndirectObject)]
