"""Many documents, one password: each is signed by itself, and has a result of its own.

The key is opened once; a document that cannot be signed does not stop the others. The password is
used in this call and kept nowhere. Results come one by one, so that a page can show how far it is.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass

from docflow import documents
from docflow.circulation import drafts, pen, signatures, turns
from docflow.circulation.models import DraftState
from docflow.circulation.turns import Turn
from docflow.errors import Conflict, DocflowError, Forbidden, Invalid, NotFound
from docflow.i18n import Text, t
from docflow.office import Office
from docflow.principal import Principal
from docflow.signatures import KeyKind, Secrets, keys


class BadBatch(Invalid):
    """These documents cannot be signed together."""


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What became of one document; `problem` says why it was not signed."""

    draft_id: int
    place: int
    total: int
    subject: str
    is_signed: bool
    state: DraftState | None
    problem: Text | None


def sign_batch(
    office: Office, steps: Sequence[tuple[int, int]], *, by: Principal, secrets: Secrets
) -> Iterator[BatchResult]:
    """Sign these drafts, in the order given; the results, as they come.

    `steps` are pairs of the draft's id and the step's, as the person saw them: a draft that has
    come to him anew, with another text, is not signed in the place of the one that he saw.
    The key is opened before anything is signed: raises what `pen.opened` raises (NoKey,
    WrongKeyPassword, TooManyTries …), and BadBatch where nothing is chosen, or too much at once.
    """
    by.require_scope("sign")
    wanted = list(dict.fromkeys(steps))
    most = office.settings.signing_batch_limit
    if not wanted:
        raise BadBatch(t("Choose the documents to sign."), field="draft")
    if len(wanted) > most:
        raise BadBatch(
            t("{n} documents are too many at once. Choose {max} at most.", n=len(wanted), max=most),
            field="draft",
        )
    with ExitStack() as stack:
        ahead = _ahead(office, wanted, by)
        use = stack.enter_context(pen.opened(office, secrets, by=by, ahead=ahead))
        return _results(office, wanted, use, by, stack.pop_all())


def _results(
    office: Office, wanted: Sequence[tuple[int, int]], use: pen.Pen, by: Principal, key: ExitStack
) -> Iterator[BatchResult]:
    """The key stays open until the last document, or until nobody asks for the next result."""
    with key:
        for place, (draft_id, step_id) in enumerate(wanted, start=1):
            signed = _signed(office, draft_id, step_id, use, by)
            yield BatchResult(draft_id, place, len(wanted), *signed)


def _ahead(
    office: Office, wanted: Sequence[tuple[int, int]], by: Principal
) -> list[tuple[bytes, Turn]]:
    """The papers, where the key lies at a service: one authorisation signs them all."""
    with office.db.read() as session:
        if keys.of_person(session, by.person_id).kind not in (KeyKind.CSC, KeyKind.OTP):
            return []
    papers: list[tuple[bytes, Turn]] = []
    for draft_id, step_id in wanted:
        with suppress(NotFound, Conflict, Forbidden):  # each gets its own answer when it is tried
            with office.db.read() as session:
                draft = drafts.get(session, draft_id, by=by)
                turn = turns.turn(session, draft, by=by, step_id=step_id)
            papers.append((documents.read_bytes(office, turn.base_sha256), turn))
    return papers


def _signed(
    office: Office, draft_id: int, step_id: int, use: pen.Pen, by: Principal
) -> tuple[str, bool, DraftState | None, Text | None]:
    """The subject of the draft, and what became of it; as the last fields of BatchResult."""
    subject = ""
    try:
        with office.db.read() as session:
            draft = drafts.get(session, draft_id, by=by)
            subject = draft.subject
            turn = turns.turn(session, draft, by=by, step_id=step_id)
        state = signatures.sign_step(office, turn, use, by=by)
    except DocflowError as error:  # each document for itself: the next may well be signed
        return subject, False, None, error.message
    return subject, True, state, None
