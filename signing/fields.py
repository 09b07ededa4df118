"""Signature fields, all made before the first signature.

A field that is added later is a change to what the earlier signers signed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import cast

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import (
    FieldMDPAction,
    FieldMDPSpec,
    MDPPerm,
    SigFieldSpec,
    append_signature_field,
    enumerate_sig_fields,
)

from signing.documents import open_writer, pyhanko_errors
from signing.errors import FieldMissing, SigningError
from signing.geometry import Box, page_of

# "Nobody changes anything any more": either alone is not enough (measured: with only the second,
# a later signature is still accepted). Document timestamps stay allowed.
LOCK = FieldMDPSpec(FieldMDPAction.ALL)
LOCKED = MDPPerm.NO_CHANGES


@dataclass(frozen=True)
class Field:
    """An empty place for a signature.

    `page` counts from 1. `box` is x0, y0, x1, y1 in points on the page as a person sees it
    (rotated and cropped), origin at the bottom left. `lock` marks the place of the closing seal.
    """

    name: str
    page: int
    box: tuple[float, float, float, float]
    lock: bool = False


def prepare(pdf: bytes, fields: Sequence[Field]) -> bytes:
    """Append all fields in one incremental update.

    Raises BadDocument, FieldMissing (no such page, empty box, name used twice), and SigningError
    where the document already bears a signature.
    """
    writer = open_writer(pdf)
    with pyhanko_errors():
        if any(True for _ in enumerate_sig_fields(writer.prev, filled_status=True)):
            raise SigningError("Fields are made before the first signature; one is there already.")
        taken = {name for name, _, _ in enumerate_sig_fields(writer.prev)}
        for field in fields:
            if field.name in taken or "." in field.name or not field.name:
                raise FieldMissing(f"The field name {field.name!r} is taken or not allowed.")
            taken.add(field.name)
            append_signature_field(writer, _visible(writer, field))
        if fields:
            # "Signatures exist, append only" (ISO 32000-2, table 225) already now: whoever signs
            # first sets it, and that change to the form would not be his signature alone.
            form = writer.root["/AcroForm"]
            form[generic.pdf_name("/SigFlags")] = generic.NumberObject(3)
            writer.update_container(form)
        return _written(writer)


def empty_field(writer: IncrementalPdfFileWriter, name: str) -> generic.IndirectObject | None:
    """The field of this name, or None. Raises FieldMissing where it is signed already."""
    for _, value, reference in enumerate_sig_fields(writer, with_name=name):
        if value is not None:
            raise FieldMissing(f"The field {name!r} is signed already.")
        return cast(generic.IndirectObject, reference)
    return None


def new_invisible_field(name: str, *, lock: bool) -> SigFieldSpec:
    """What pyHanko makes when the document has no field of this name."""
    return _specification(name, lock=lock)


def _visible(writer: IncrementalPdfFileWriter, field: Field) -> SigFieldSpec:
    page = page_of(writer.prev, field.page)
    x0, y0, x1, y1 = field.box
    if x0 >= x1 or y0 >= y1:
        raise FieldMissing(f"The box of field {field.name!r} is empty.")
    box = page.to_user_space(field.box)
    return _specification(field.name, lock=field.lock, page=field.page, box=box)


def _specification(name: str, *, lock: bool, page: int = 1, box: Box | None = None) -> SigFieldSpec:
    return SigFieldSpec(
        name,
        on_page=page - 1,
        box=box,  # type: ignore[arg-type]  # annotated as integers, but fractions are kept
        field_mdp_spec=LOCK if lock else None,
        doc_mdp_update_value=LOCKED if lock else None,
    )


def _written(writer: IncrementalPdfFileWriter) -> bytes:
    output = BytesIO()
    writer.write(output)
    return output.getvalue()
