"""Who read what in a month: page, table and paper for the data protection officer."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.deps import CurrentUser, TheOffice
from api.web.render import page
from docflow import reads
from docflow.i18n import t

router = APIRouter()
Month = Annotated[str, Query(pattern=r"^\d{4}-\d{2}$")]


@router.get("/reads")
def month(
    request: Request, by: CurrentUser, office: TheOffice, month: Month | None = None
) -> Response:
    """The report of a month; of this one without a choice."""
    zone = office.settings.zone
    with office.db.read() as session:
        known = reads.months(session, by.body_id, zone)
        year, number = _parsed(month) if month else known[0]
        report = reads.monthly(session, year, number, by=by, zone=zone)
        beside = reads.further(session, year, number, by=by, zone=zone)
        batches, sealed_at = reads.sealed(session, by.body_id)
    return page(
        request,
        "web/reads.html",
        report=report,
        lines=[(line, reads.what(line)) for line in report.confidential_reads],
        beside=beside,
        months=[(f"{y}-{m:02}", f"{m:02}/{y}") for y, m in known],
        chosen=f"{year}-{number:02}",
        batches=batches,
        sealed_at=sealed_at,
    )


@router.get("/reads/{form}")
def taken_out(form: str, month: Month, by: CurrentUser, office: TheOffice) -> Response:
    """The report as a file: `report.pdf` or `report.csv`. That it was taken out is an event."""
    if form not in ("report.pdf", "report.csv"):
        raise reads.BadMonth(t("There is no such page."))
    zone = office.settings.zone
    year, number = _parsed(month)
    with office.db.begin() as session:
        report = reads.monthly(session, year, number, by=by, zone=zone)
        reads.record_report(session, report, form.rpartition(".")[2], by=by)
        if form == "report.pdf":
            data = reads.report_pdf(
                session, report, body_id=by.body_id, language=by.language, zone=zone
            )
        else:
            beside = reads.further(session, year, number, by=by, zone=zone)
            data = reads.report_csv(report, beside, language=by.language, zone=zone)
    kind = "application/pdf" if form == "report.pdf" else "text/csv; charset=utf-8"
    name = f"reads-{month}.{form.rpartition('.')[2]}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(data, media_type=kind, headers=headers)


def _parsed(month: str) -> tuple[int, int]:
    year, _, number = month.partition("-")
    return int(year), int(number)
