"""Who issues a document, and what each template is told of it."""

from dataclasses import dataclass

from docflow.printing.wording import capitals, line, plain


@dataclass(frozen=True)
class Issuer:
    """The public body of the letterhead.

    `region` are the lines above the unit, from the state downwards; `unit` may have several
    lines (directorate, department) and is printed in capitals; `monogram` is one to three
    letters in our own ring, or nothing. The coat of arms of the state is never drawn.
    """

    name: str
    region: tuple[str, ...] = ()
    unit: str | None = None
    address: str = ""
    postal_code_city: str = ""
    phone: str = ""
    email: str = ""
    website: str = ""
    monogram: str | None = None


def issuer_data(issuer: Issuer) -> dict[str, object]:
    """The letterhead as data of a template."""
    place = ", ".join(filter(None, (line(issuer.address), line(issuer.postal_code_city))))
    contact = (place, line(issuer.phone), line(issuer.email), line(issuer.website))
    return {
        "name": line(issuer.name),
        "region": [line(row) for row in issuer.region or (capitals(issuer.name),)],
        "unit": [capitals(line(row)) for row in (issuer.unit or "").splitlines() if row.strip()],
        "address": line(issuer.address),
        "postal_code_city": line(issuer.postal_code_city),
        "phone": line(issuer.phone),
        "email": line(issuer.email),
        "contact": [row for row in contact if row],
        "monogram": plain(line(issuer.monogram))[:3] or None,
    }
