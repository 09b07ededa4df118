"""The paper of an application, printed and stored before it gets its number."""

from collections.abc import Mapping, Sequence
from typing import Any

from docflow import clock, documents, organization, printing, registry
from docflow.accounts import Citizen, Level
from docflow.applications import forms
from docflow.folding import fold, line
from docflow.i18n import t, translate
from docflow.office import Office
from docflow.services import ServiceVersion

LANGUAGE = "el"  # the office's, whatever language the form was filled in
_IDENTITY = {
    Level.NONE: t("None asked"),
    Level.VISITOR: t("Code sent to the e-mail address"),
    Level.REGISTERED: t("Registered account"),
    Level.TEMPORARY: t("Identity shown, for a limited time"),
    Level.VERIFIED: t("Verified identity"),
}


def application(
    office: Office,
    version: ServiceVersion,
    values: Mapping[str, Any],
    *,
    applicant: str,
    citizen: Citizen,
    files: Sequence[str],
) -> documents.Upload:
    """The stored PDF of what was typed. Raises registry.PrintingFailed, StoreUnavailable."""
    form = forms.of(version.form, LANGUAGE)
    with office.db.read() as session:
        unit = (
            organization.unit(session, version.unit_id, body_id=version.body_id).name
            if version.unit_id
            else ""
        )
        issuer = registry.issuer(session, version.body_id, unit=unit)
    data = printing.ApplicationData(
        issuer=issuer,
        service=version.title(LANGUAGE),
        unit=f"{issuer.name}, {unit}" if unit else issuer.name,
        applicant=applicant,
        filed_by=citizen.full_name if citizen.representation else "",
        identity=_IDENTITY[citizen.level].in_language(LANGUAGE),
        groups=tuple(
            printing.ApplicationGroup(
                group.title,
                tuple(
                    (one.label, forms.shown(one, values.get(one.name), LANGUAGE))
                    for one in group.fields
                    if one.shown_if is None or one.name in values
                ),
            )
            for group in form.groups
        ),
        files=tuple(files),
        made_at=clock.local(clock.now(), office.settings.zone),
    )
    try:
        pdf = printing.application(data, language=LANGUAGE)
    except printing.PrintingError as error:
        raise registry.PrintingFailed(
            t("The application could not be printed. Nothing was filed; try again in a minute.")
        ) from error
    stored = documents.keep(office, pdf, body_id=version.body_id)
    word, title = translate("Application", LANGUAGE), version.title(LANGUAGE)
    named = title if fold(word) in fold(title) else f"{word} - {title}"
    name = documents.clean_name(line(named[:120]) + ".pdf")
    return documents.Upload(name, stored.sha256, len(pdf), "application/pdf")
