"""What is said when somebody asks for a file, or for its reading, and cannot have it."""

from docflow.errors import Conflict, Invalid, NotFound


class NoSuchFile(NotFound):
    """There is no such file in this entry."""


class NoSuchPage(Invalid):
    """The file has no such page."""


class StillReading(Conflict):
    """The file is being read."""


class Erased(Conflict):
    """The data of the entry were erased."""


class NothingToSettle(Conflict):
    """The file was read: there is nothing that waits for a person."""


class NoSuchLanguage(Invalid):
    """The installation has no model for this language."""
