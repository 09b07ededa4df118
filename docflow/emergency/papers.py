"""What is made of a kit before anything fails: its paper, and its offline page."""

from docflow import clock, printing, registry
from docflow.emergency import offline
from docflow.emergency.kits import handed_out, label
from docflow.i18n import t
from docflow.office import Office
from docflow.principal import Principal


def sheets(office: Office, kit_id: int, *, by: Principal, language: str) -> bytes:
    """Activation sheet, register pages and labels as PDF; handing it out is an event.

    Raises NotAllowed, NoSuchKit, PrintingFailed.
    """
    with office.db.begin() as session:
        kit = handed_out(session, kit_id, "sheets", by=by)
        issuer = registry.issuer(session, kit.body_id)
    numbers = range(kit.first_number, kit.last_number + 1)
    data = printing.EmergencyKitData(
        issuer=issuer,
        book=kit.book_title,
        code=kit.code,
        place=kit.place,
        year=kit.year,
        numbers=tuple(label(kit.year, number) for number in numbers),
        prepared_at=clock.local(kit.prepared_at, office.settings.zone),
        prepared_by=kit.prepared_by,
    )
    try:
        return printing.emergency_kit(data, language=language)
    except printing.PrintingError as error:
        raise registry.PrintingFailed(
            t("The sheets could not be made. Try again in a minute.")
        ) from error


def offline_page(office: Office, kit_id: int, *, by: Principal, language: str) -> bytes:
    """The page that works without network, as one HTML file. Raises NotAllowed, NoSuchKit."""
    with office.db.begin() as session:
        kit = handed_out(session, kit_id, "page", by=by)
    return offline.page(kit, zone=office.settings.zone, language=language)
