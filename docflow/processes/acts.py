"""What the software does in a process: acts by their name, as packages offer them.

An act of a transaction is done at once, within the run of the process; a slow one is done by a job
and may talk to others. Both are told a `Context` and give back what the process knows from then on.
"""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from docflow.office import Office
from docflow.processes.values import Context

Result = Mapping[str, Any] | None
Act = Callable[[Session, Context], Result]
SlowAct = Callable[[Office, Context], Result]

_acts: dict[str, Act] = {}
_slow: dict[str, SlowAct] = {}
_sealed: set[str] = set()
_general: set[str] = set()


def act(name: str, *, is_general: bool = False) -> Callable[[Act], Act]:
    """Offer a function as an act: it writes in the transaction of the process, and talks to nobody.

    What it raises undoes what it did: a `DocflowError` is shown to the administrator, and one that
    is `Unavailable` is tried again by itself. `is_general`: it needs no application of a service,
    so that templates of the office may name it.
    """

    def register(function: Act) -> Act:
        _acts[name] = function
        if is_general:
            _general.add(name)
        return function

    return register


def job_act(name: str, *, is_sealed: bool = False) -> Callable[[SlowAct], SlowAct]:
    """Offer a function as a slow act: done by a job without a transaction, maybe more than once.

    `Context.key` is the same at each try, so that it can find what it did before. With `is_sealed`
    the worker that holds the seal does it.
    """

    def register(function: SlowAct) -> SlowAct:
        _slow[name] = function
        if is_sealed:
            _sealed.add(name)
        return function

    return register


def names() -> list[str]:
    """All acts that definitions may name."""
    return sorted({*_acts, *_slow})


def quick(name: str) -> Act | None:
    return _acts.get(name)


def slow(name: str) -> SlowAct | None:
    return _slow.get(name)


def is_sealed(name: str) -> bool:
    """Whether the act needs the body's seal."""
    return name in _sealed


def is_general(name: str) -> bool:
    """Whether the act can be done in a process that is about an entry alone."""
    return name in _general


@act("process.set", is_general=True)
def _set(session: Session, context: Context) -> Result:
    """What the definition works out becomes known to the process."""
    return dict(context.given)
