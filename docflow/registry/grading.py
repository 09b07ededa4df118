"""The grade of an entry (διαβάθμιση): what is registered here, and what never is.

State secrets belong to a registry of their own, with its own rooms and people (Εθνικός Κανονισμός
Ασφαλείας): they are refused, with what to do instead. Source: domain row 36.
"""

from docflow.errors import Invalid
from docflow.i18n import t
from docflow.registry.entry_notes import Grade

STATE_SECRETS = ("secret", "top-secret")  # απόρρητο, άκρως απόρρητο


class StateSecret(Invalid):
    """State secrets are not registered in this system."""


class UnknownGrade(Invalid):
    """There is no such grade."""


def grade(code: str | None) -> Grade | None:
    """The grade of this code; None for nothing. Raises StateSecret, UnknownGrade."""
    if not code:
        return None
    if code in STATE_SECRETS:
        raise StateSecret(
            t(
                "Documents graded secret or top secret are not registered here, not even their "
                "subject. Hand the document, unopened, to the security officer of the body."
            ),
            field="grade",
        )
    try:
        return Grade(code)
    except ValueError as error:
        raise UnknownGrade(t("Choose one from the list."), field="grade") from error
