"""Words and choices of the pages of books, and who finds them in the navigation."""

from docflow.i18n import Text, t
from docflow.principal import Principal
from docflow.registry import Numbering, Scheme, arrivals, books

# Addresses that belong to the item "Books" of the navigation
BELOW = (
    "/books/",
    "/arrivals",
    "/reservations",
    "/contiguity",
    "/closings",
    "/exports",
    "/emergency",
    "/imports",
)

KINDS: dict[str, Text] = {
    books.BookKind.COMMON: t("Common"),
    books.BookKind.THEMATIC: t("Thematic"),
    books.BookKind.CONFIDENTIAL: t("Confidential"),
}
NUMBERINGS: dict[str, Text] = {
    Numbering.COMMON: t("One series for all documents"),
    Numbering.BY_DIRECTION: t("One series for each direction"),
}
SCHEMES: dict[str, Text] = {
    Scheme.PLAIN: t("Each document its own number"),
    Scheme.CASE: t("Cases with sub-numbers"),
}
SERIES: dict[str, Text] = {
    "common": t("All documents"),
    "incoming": t("Incoming"),
    "outgoing": t("Outgoing"),
    "internal": t("Internal"),
}
OUTCOMES: dict[str, Text] = {
    arrivals.ArrivalOutcome.JUNK: t("Advertising or junk"),
    arrivals.ArrivalOutcome.NOT_FOR_US: t("Not for us: forwarded or returned"),
    arrivals.ArrivalOutcome.EMPTY: t("Empty, or cannot be read"),
    arrivals.ArrivalOutcome.MISTAKE: t("Noted by mistake, or twice"),
}


def keeps(by: Principal) -> bool:
    """Whether the person finds the books in the navigation."""
    return (
        by.is_clerk
        or by.is_registrar
        or by.is_auditor
        or by.is_administrator
        or bool(by.confidential_reads)
    )
