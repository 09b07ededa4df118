"""Citizens' accounts at the counter: found, proven with papers, locked, made one; representations.

A page of one account shows its step; who decides on an older one is told who changed it, and what
he typed stays.
"""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData

from api import problems
from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.streams import stored_file
from api.web import forms
from api.web.address import RowId
from api.web.render import page
from docflow import accounts
from docflow.accounts import Level, Paper, Seen
from docflow.errors import DocflowError
from docflow.i18n import Text, t
from docflow.office import Office
from docflow.principal import Principal

router = APIRouter(prefix="/citizens")


@router.get("")
def find(request: Request, by: CurrentUser, office: TheOffice, q: str = "") -> Response:
    """Search an account; what waits for a decision stands below."""
    errors: dict[str, Text] = {}
    found: list[accounts.Summary] = []
    with office.db.read() as session:
        waiting = accounts.representations.waiting(session, by=by)
        twins = accounts.keeping.twins(session, by=by)
        if q.strip():
            try:
                found = accounts.keeping.find(session, q, by=by)
            except accounts.BadSearch as error:
                errors = {"q": error.message}
    return page(
        request,
        "web/citizens/find.html",
        status_code=422 if errors else 200,
        q=q[:200],
        is_search=bool(q.strip()),
        found=found,
        waiting=waiting,
        twins=twins,
        errors=errors,
    )


@router.get("/representations/{representation_id}/proof")
def proof(representation_id: RowId, by: CurrentUser, office: TheOffice) -> Response:
    """The file that the citizen sent; that it was opened is noted."""
    with office.db.begin() as session:
        sha256, name, media_type = accounts.representations.proof(session, representation_id, by=by)
        accounts.representations.note_proof_read(session, representation_id, by=by)
    return stored_file(office, sha256=sha256, name=name, media_type=media_type)


@router.post("/representations/{representation_id}")
def decide(
    request: Request,
    representation_id: RowId,
    form: TheForm,
    by: CurrentUser,
    office: TheOffice,
) -> Response:
    """Accept, refuse or revoke a representation."""
    act, done = forms.text(form, "act"), ""
    with office.db.read() as session:
        account_id = accounts.representations.one(session, representation_id, by=by).account_id
    try:
        seen, reason = forms.whole(form, "step"), forms.text(form, "reason")
        with office.db.begin() as session:
            if act == "accept":
                until = forms.day(form, "valid_to")
                accounts.representing.accept(
                    session, representation_id, seen=seen, by=by, valid_to=until
                )
                done = "representation-accepted"
            elif act == "refuse":
                accounts.representing.refuse(
                    session, representation_id, reason=reason, seen=seen, by=by
                )
                done = "representation-refused"
            elif act == "revoke":
                accounts.representing.revoke(
                    session, representation_id, reason=reason, seen=seen, by=by
                )
                done = "representation-revoked"
            else:
                raise forms.BadChoice(t("Choose one from the list."), field="form")
    except DocflowError as error:
        return _page(
            request,
            office,
            account_id,
            by,
            typed=forms.as_typed(form),
            error=error,
            open_act=f"{act}-{representation_id}",
        )
    return RedirectResponse(f"/citizens/{account_id}?done={done}", 303)


@router.get("/{account_id}")
def show(
    request: Request,
    account_id: RowId,
    by: CurrentUser,
    office: TheOffice,
    merge: int | None = None,
) -> Response:
    """One account; that it was opened is noted. `merge` is another, to be made one with it."""
    with office.db.begin() as session:
        accounts.keeping.one(session, account_id, by=by)
        accounts.keeping.note_seen(session, account_id, by=by)
    if merge is None:
        return _page(request, office, account_id, by)
    typed = {"other": str(merge)}
    return _page(request, office, account_id, by, typed=typed, open_act="merge")


@router.post("/{account_id}")
def act(
    request: Request, account_id: RowId, form: TheForm, by: CurrentUser, office: TheOffice
) -> Response:
    """Prove, take back, lock, unlock, make one."""
    name = forms.text(form, "act")
    try:
        to, done = _done(office, account_id, name, form, by)
    except DocflowError as error:
        typed = forms.as_typed(form)
        return _page(request, office, account_id, by, typed=typed, error=error, open_act=name)
    return RedirectResponse(f"/citizens/{to}?done={done}", 303)


def _done(
    office: Office, account_id: int, name: str, form: FormData, by: Principal
) -> tuple[int, str]:
    """Do the act; whose page comes next, and what it says."""
    seen = forms.whole(form, "step")
    with office.db.begin() as session:
        if name == "prove":
            accounts.proving.prove(session, account_id, _seen(form), seen=seen, by=by)
            return account_id, "account-proven"
        if name == "take-back":
            accounts.proving.take_back(session, account_id, seen=seen, by=by)
            return account_id, "account-proof-ended"
        if name == "lock":
            accounts.keeping.lock(session, account_id, seen=seen, by=by)
            return account_id, "account-locked"
        if name == "unlock":
            accounts.keeping.unlock(session, account_id, seen=seen, by=by)
            return account_id, "account-unlocked"
        if name == "merge":
            accounts.merging.merge(
                session,
                account_id,
                forms.whole(form, "other"),
                tax_number=forms.text(form, "tax_number"),
                seen=seen,
                by=by,
            )
            return account_id, "account-merged"
    raise forms.BadChoice(t("Choose one from the list."), field="form")


def _seen(form: FormData) -> Seen:
    return Seen(
        full_name=forms.text(form, "full_name"),
        tax_number=forms.text(form, "tax_number"),
        paper=forms.choice(form, "paper", Paper, otherwise=Paper.IDENTITY_CARD),
        level=forms.choice(form, "level", Level, otherwise=Level.VERIFIED),
        valid_to=forms.day(form, "valid_to"),
    )


def _page(
    request: Request,
    office: Office,
    account_id: int,
    by: Principal,
    *,
    typed: dict[str, str] | None = None,
    error: DocflowError | None = None,
    open_act: str = "",
) -> Response:
    with office.db.read() as session:
        found = accounts.keeping.one(session, account_id, by=by)
        representations = accounts.representations.of_account(session, account_id, by=by)
        history = accounts.keeping.history(session, account_id, by=by)
    other = error.other_id if isinstance(error, accounts.TaxNumberTaken) else None
    return page(
        request,
        "web/citizens/account.html",
        status_code=200 if error is None else problems.status_of(error),
        found=found,
        representations=representations,
        history=history,
        papers=list(Paper),
        typed=typed or {},
        errors={} if error is None else {error.field or "form": error.message},
        open_act=open_act,
        other=other,
    )
