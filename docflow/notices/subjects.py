"""What notices are about: the package that owns the thing names it, for who may see it now.

`describes("entry")` registers a function of (session, ids, by). It returns those of the ids that
the person may see, each as a `Subject`; the others stay hidden, and are not counted either.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from docflow.i18n import Text
from docflow.principal import Principal


@dataclass(frozen=True, slots=True)
class Subject:
    """A thing as the list of notices shows it.

    `page` is the path of its page. `mark` is what a mail may call it: a number, never a subject or
    a name. Of what `is_closed` (confidential) a mail says only that a notice waits.
    """

    name: Text | str
    page: str
    mark: str = ""
    is_closed: bool = False


Describe = Callable[[Session, Sequence[int], Principal], Mapping[int, Subject]]
_describe: dict[str, Describe] = {}


def describes(about_type: str) -> Callable[[Describe], Describe]:
    """Register who names the subjects of a type."""

    def register(function: Describe) -> Describe:
        _describe[about_type] = function
        return function

    return register


def described(
    session: Session, abouts: Iterable[tuple[str, int]], *, by: Principal
) -> dict[tuple[str, int], Subject]:
    """Those of the subjects that the person may see now."""
    wanted: dict[str, set[int]] = {}
    for about_type, about_id in abouts:
        wanted.setdefault(about_type, set()).add(about_id)
    found: dict[tuple[str, int], Subject] = {}
    for about_type, ids in wanted.items():
        describe = _describe.get(about_type)
        if describe is not None:
            for about_id, subject in describe(session, sorted(ids), by).items():
                found[about_type, about_id] = subject
    return found
