"""Numbers of a document for the fields of its kind: an invoice's ΑΦΜ and IBAN, a decision's ΑΔΑ."""

from dataclasses import replace

from docflow.kinds import PREFIX, Definition, FieldType
from docflow.understanding.proposing import Proposal, Proposals

_OF_TYPE = {FieldType.TAX_NUMBER: "tax_number", FieldType.IBAN: "iban"}


def with_kind(proposals: Proposals, definition: Definition) -> Proposals:
    """The proposals with those for the kind's own fields.

    Where two numbers of a sort stand in the document, or two fields wait for one, nobody but a
    person can say which belongs where.
    """
    made: dict[str, Proposal] = {}
    for sort in ("tax_number", "iban", "ada"):
        numbers = [one for one in proposals.numbers if one.field == sort]
        fields = [
            field
            for field in definition.fields
            if _OF_TYPE.get(field.type) == sort or (sort == "ada" and field.code == "ada")
        ]
        if len(numbers) == len(fields) == 1:
            name = PREFIX + fields[0].code
            made[name] = replace(numbers[0], field=name)
    return replace(proposals, fields={**proposals.fields, **made})
