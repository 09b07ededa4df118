"""Days as people type them on the command line."""

from datetime import date, datetime

from docflow.cli.failures import CannotDo
from docflow.i18n import t


def day(text: str) -> date:
    """YYYY-MM-DD or DD/MM/YYYY. Raises CannotDo."""
    for form in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    raise CannotDo(t("“{text}” is no date. Write YYYY-MM-DD or DD/MM/YYYY.", text=text[:40]))
