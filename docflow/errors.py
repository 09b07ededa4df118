"""What can go wrong, in five kinds. A concrete error lives beside the function that raises it.

    DocflowError
     ├── NotFound      there is no such thing, or this person may not know of it
     ├── Forbidden     this person may see it, but not do that
     ├── Conflict      the state of the thing does not allow it (now)
     ├── Invalid       the input is wrong; `field` names the input where one is to blame
     └── Unavailable   a part of the installation does not answer; try again

The message is a `Text`, written for the clerk, with what to do next; an edge renders it in the
language of its reader.
"""

from docflow.i18n import Text


class DocflowError(Exception):
    """Something that the person in front of the screen should be told."""

    def __init__(self, message: Text, *, field: str | None = None) -> None:
        super().__init__(str(message))
        self.message = message
        self.field = field


class NotFound(DocflowError):
    """There is no such thing here."""


class Forbidden(DocflowError):
    """You may not do that."""


class Conflict(DocflowError):
    """That is not possible in the present state."""


class Invalid(DocflowError):
    """The input is not right."""


class Unavailable(DocflowError):
    """A part of the installation does not answer."""
