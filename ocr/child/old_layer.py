"""The invisible text that a scanner left on a page, taken out before a new layer is laid.

A rendition with both would give every word twice, in two readings. Only whole text objects of
render mode 3 (neither filled nor stroked, ISO 32000-1, table 106) go; images and all that is drawn
stay as they are. A page's content that cannot be parsed is left alone.
"""

import pikepdf

_SHOWS = frozenset({"Tj", "TJ", "'", '"'})
_INVISIBLE = 3
_DEEPEST = 4

Instruction = pikepdf.ContentStreamInstruction | pikepdf.ContentStreamInlineImage


def remove(pdf: pikepdf.Pdf, page: pikepdf.Page) -> None:
    """Take the invisible text out of the page, and of the forms that it draws."""
    try:
        kept, changed = _visible(list(pikepdf.parse_content_stream(page)))
        if changed:
            page.Contents = pdf.make_stream(pikepdf.unparse_content_stream(kept))
        _clean_forms(pdf, page.obj, depth=0)
    except pikepdf.PdfError:
        return


def _clean_forms(pdf: pikepdf.Pdf, owner: pikepdf.Object, *, depth: int) -> None:
    resources = owner.get("/Resources")
    forms = resources.get("/XObject") if resources is not None else None
    if forms is None or depth >= _DEEPEST:
        return
    for name, form in list(forms.items()):
        if not isinstance(form, pikepdf.Stream) or form.get("/Subtype") != "/Form":
            continue
        kept, changed = _visible(list(pikepdf.parse_content_stream(form)))
        if changed:
            # A copy: the form may be drawn on other pages too, which keep theirs.
            copy = pdf.make_stream(pikepdf.unparse_content_stream(kept))
            for key, value in form.items():
                if key not in ("/Length", "/Filter", "/DecodeParms"):
                    copy[key] = value
            forms[name] = form = copy
        _clean_forms(pdf, form, depth=depth + 1)


def _visible(instructions: list[Instruction]) -> tuple[list[Instruction], bool]:
    """What remains without the text objects that show nothing, and whether any was there."""
    kept: list[Instruction] = []
    pending: list[Instruction] = []
    mode, stack, changed = 0, [0], False
    inside = shows = visible = False
    for item in instructions:
        operator = str(item.operator)
        if operator == "q":
            stack.append(mode)
        elif operator == "Q" and len(stack) > 1:
            mode = stack.pop()
        elif operator == "Tr" and item.operands:
            mode = int(item.operands[0])
        elif operator == "BT":
            inside, shows, visible = True, False, False
        if inside:
            pending.append(item)
            if operator in _SHOWS:
                shows, visible = True, visible or mode != _INVISIBLE
            if operator == "ET":
                gone = shows and not visible
                kept.extend(_settings(pending) if gone else pending)
                pending, inside, changed = [], False, changed or gone
        else:
            kept.append(item)
    return kept + pending, changed


def _settings(text_object: list[Instruction]) -> list[Instruction]:
    """What outlives the text object: its font, spacing, mode and marks (ISO 32000-1, 9.3.1)."""
    lasting = {"Tc", "Tw", "Tz", "TL", "Tf", "Tr", "Ts", "BDC", "BMC", "EMC", "g", "rg", "gs"}
    return [item for item in text_object if str(item.operator) in lasting]
