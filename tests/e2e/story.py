"""What the parts of the main story leave to those that follow (the fixtures of conftest)."""

from dataclasses import dataclass

from tests.e2e.acts import Place
from tests.e2e.desk import Paper

SENDER = "Αγγελική Λεμού"
EMAIL = "aggeliki@example.gr"
SUBJECT = "Αίτηση χορήγησης πιστοποιητικού"


@dataclass(frozen=True)
class Registered:
    """What the clerk holds in his hands."""

    place: Place
    receipt: Paper
    label: Paper


@dataclass(frozen=True)
class Issued:
    """The outgoing document and the mail that tells of it."""

    place: Place
    link: str
    code: str
