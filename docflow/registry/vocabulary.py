"""The codes of entries and of their handling: what a column of the register may say."""

from enum import StrEnum


class Direction(StrEnum):
    INCOMING = "incoming"
    OUTGOING = "outgoing"
    INTERNAL = "internal"


class DeliveryMethod(StrEnum):
    """How a document came, or goes (τρόπος διακίνησης)."""

    COUNTER = "counter"
    PHONE = "phone"
    POST = "post"
    REGISTERED_POST = "registered-post"
    COURIER = "courier"
    EMAIL = "email"
    FAX = "fax"
    PORTAL = "portal"
    SYSTEM = "system"  # from another information system, by API


class Priority(StrEnum):
    NORMAL = "normal"
    URGENT = "urgent"
    VERY_URGENT = "very-urgent"


class HandlingState(StrEnum):
    NEW = "new"  # with the secretariat, or back with the unit that charged it
    CHARGED = "charged"  # with a unit or person who has not accepted it yet
    ACCEPTED = "accepted"  # in work
    CLOSED = "closed"


class Disposal(StrEnum):
    """How an item was closed (διεκπεραίωση)."""

    ANSWERED = "answered"
    FILED = "filed"  # with a reason, without an answer
    FORWARDED = "forwarded"  # to the body that is competent (ν. 2690/1999 art. 4)
    INFORMATION = "for-information"  # asks for nothing: taken note of


class Relation(StrEnum):
    ANSWERS = "answers"  # the entry is the answer to the other
    REPLACES = "replaces"  # issued in place of an annulled one, or of one that was sent wrong
    RELATED = "related"  # σχετικό
    SAME_NUMBER = "same-number"  # ταυτάριθμο
    FORWARDS = "forwards"  # διαβιβαστικό του
    CORRECTS = "corrects"  # ορθή επανάληψη του
