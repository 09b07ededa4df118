"""What can go wrong with services and with what is written about them."""

from collections.abc import Sequence

from docflow.errors import Conflict, Invalid, NotFound
from docflow.i18n import t
from docflow.services.checking import Problem


class NoSuchService(NotFound):
    """There is no such service."""


class NoSuchVersion(NotFound):
    """There is no such version of the service."""


class NoSuchServiceFile(NotFound):
    """There is no such file of the service."""


class ServiceWithdrawn(NotFound):
    """The service is no longer offered."""


class BadService(Invalid):
    """The folder of the service cannot be used as it is."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        first = problems[0]
        super().__init__(
            t(
                "Nothing was loaded. {place}: {why} ({n} in all)",
                place=first.place,
                why=first.message,
                n=len(problems),
            ),
            field="file",
        )
        self.problems = tuple(problems)


class ServiceChanged(Conflict):
    """The service was changed in the meantime."""


class NoUnit(Invalid):
    """The service needs a competent unit."""


class BadWording(Invalid):
    """What was written cannot be shown so."""


class NoSuchArticle(NotFound):
    """There is no such question or article."""


class ArticleChanged(Conflict):
    """The article was changed in the meantime."""


class ArticleExists(Conflict):
    """There is an article of this code already."""
