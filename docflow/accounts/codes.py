"""A code by e-mail: six digits that show whose mailbox it is, for ten minutes and five tries.

The browser holds the token of the row, so that a code is of use only where it was asked for. The
answer is the same for an address with an account and for one without: nobody learns which it is.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from docflow import audit, clock, messages, outbox, parties, schedule, throttle
from docflow.accounts.citizen import ANONYMOUS, Citizen, acting
from docflow.accounts.models import Account, AccountState, Code, CodePurpose
from docflow.errors import Conflict, NotFound
from docflow.folding import line
from docflow.i18n import t
from docflow.messages import Addressee, Kind, Message, MessageState, Wording

DIGITS, LIFE, MAX_FAILED = 6, timedelta(minutes=10), 5
PER_ADDRESS, PER_SENDER, EVERY = 5, 40, timedelta(hours=1)
"""Codes that are sent to one mailbox, and to whoever asks from one place (a library has many)."""
TRIES, TRIES_EVERY = 60, timedelta(minutes=5)  # of one place, whatever the code
SWEEP = "accounts.sweep-codes"
_KEPT = timedelta(days=1)

MESSAGE = messages.declare(
    Kind(
        code="account-code",
        title="Code for a citizen’s login",
        samples={"code": "402817", "minutes": "10"},
        words={
            "el": Wording(
                subject="Κωδικός εισόδου – {body}",
                text=(
                    "Ο κωδικός σας είναι {code}\n\nΙσχύει για {minutes} λεπτά, μόνο στη σελίδα "
                    "από την οποία τον ζητήσατε. Μην τον δώσετε σε κανέναν: οι υπάλληλοι δεν τον "
                    "ζητούν ποτέ.\n\nΑν δεν τον ζητήσατε εσείς, αγνοήστε το μήνυμα.\n\n{body}"
                ),
            ),
            "en": Wording(
                subject="Login code – {body}",
                text=(
                    "Your code is {code}\n\nIt is good for {minutes} minutes, only on the page "
                    "that you asked for it on. Give it to nobody: the staff never ask for it.\n\n"
                    "If you did not ask for it, ignore this message.\n\n{body}"
                ),
            ),
            "hu": Wording(
                subject="Belépési kód – {body}",
                text=(
                    "Az Ön kódja: {code}\n\n{minutes} percig érvényes, csak azon az oldalon, ahol "
                    "kérte. Senkinek ne adja meg: ügyintézőink soha nem kérik.\n\nHa nem Ön kérte, "
                    "hagyja figyelmen kívül ezt az üzenetet.\n\n{body}"
                ),
            ),
            "cs": Wording(
                subject="Přihlašovací kód – {body}",
                text=(
                    "Váš kód je {code}\n\nPlatí {minutes} minut, jen na stránce, kde jste o něj "
                    "požádali. Nikomu ho nesdělujte: úředníci se na něj nikdy neptají.\n\nPokud "
                    "jste o něj nežádali, zprávu ignorujte.\n\n{body}"
                ),
            ),
        },
        late=frozenset({"code"}),
        needed=frozenset({"code"}),
        is_audited=False,
    )
)


class CodeOver(Conflict):
    """The code is too old, was used, or was tried too often."""


class NoSuchCode(NotFound):
    """No code was asked for in this browser."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A code that was asked for, as the page that takes it shows it.

    `is_sent` is None while the mail is on its way, False where no server takes it.
    """

    email: str
    purpose: CodePurpose
    ends_at: datetime
    is_open: bool
    is_sent: bool | None


def check_address(typed: str) -> str:
    """The address on one line, as it is kept. Raises BadEmail."""
    address = line(typed)[:300]
    parties.check_email(address, field="email")
    return address


def count_asked(session: Session, address: str, *, sender: str) -> None:
    """Count one wish for a code. Raises TooManyTries; the transaction must commit all the same."""
    throttle.count(session, f"code-from:{sender}", limit=PER_SENDER, every=EVERY)
    mailbox = hashlib.sha256(address.lower().encode()).hexdigest()[:32]
    throttle.count(session, f"code-to:{mailbox}", limit=PER_ADDRESS, every=EVERY)


def count_try(session: Session, *, sender: str) -> None:
    """Count one typed code. Raises TooManyTries; the transaction must commit all the same."""
    throttle.count(session, f"code-tried:{sender}", limit=TRIES, every=TRIES_EVERY)


def ask(
    session: Session,
    address: str,
    *,
    body_id: int,
    language: str,
    purpose: CodePurpose = CodePurpose.ENTER,
    citizen: Citizen = ANONYMOUS,
) -> str:
    """Have a code sent to a (checked) address; the token for the browser that asked."""
    token = secrets.token_urlsafe(24)
    row = Code(
        body_id=body_id,
        token_digest=_token_digest(token),
        purpose=purpose,
        account_id=citizen.account_id,
        email=address,
        language=language,
        created_at=clock.now(),
    )
    session.add(row)
    session.flush()
    messages.send(
        session,
        body_id=body_id,
        to=Addressee(email=address, language=language),
        kind=MESSAGE.code,
        values={"minutes": str(int(LIFE.total_seconds() // 60))},
        about=("citizen-code", row.id),
        by=acting(citizen, body_id=body_id),
        source=row.id,
    )
    return token


def asked(session: Session, token: str) -> Asked:
    """What was asked for in this browser. Raises NoSuchCode."""
    row = _row(session, token, lock=False)
    told = messages.about(session, "citizen-code", row.id)
    is_failed = any(
        one.state in (MessageState.FAILED, MessageState.BOUNCED) or one.problem for one in told
    )
    return Asked(
        email=row.email,
        purpose=CodePurpose(row.purpose),
        ends_at=_ends_at(row),
        is_open=_is_open(row),
        is_sent=False if is_failed else (True if row.sent_at else None),
    )


def use(session: Session, token: str, typed: str) -> Code | None:
    """The row of the right code, which is used up by this; None where it is wrong.

    Each wrong try is counted, so commit either way. Raises NoSuchCode, CodeOver.
    """
    row = _row(session, token, lock=True)
    if not _is_open(row):
        raise CodeOver(
            t(
                "This code is over: it was used, tried too often, or is older than ten minutes. "
                "Ask for a new one."
            )
        )
    digits = "".join(typed.split())
    right = row.code_digest is not None and hmac.compare_digest(
        row.code_digest, _code_digest(token, digits)
    )
    if right:
        row.used_at = clock.now()
        return row
    row.failed_tries += 1
    if row.failed_tries >= MAX_FAILED:
        audit.record(
            session,
            "account.code-guessed",
            by=acting(ANONYMOUS, body_id=row.body_id),
            subject=("citizen-code", row.id),
            tries=row.failed_tries,
        )
    return None


def count_wrong(session: Session, *, sender: str) -> None:
    """Note a wrong code or password; many of one place are an alarm. Must commit."""
    throttle.wrong(session, "login", sender)


@messages.at_sending(MESSAGE.code)
def _make(session: Session, message: Message) -> Mapping[str, str] | None:
    """The code is made when the mail leaves; only its digest is kept, and the last one counts."""
    row = session.get(Code, message.source_id, with_for_update=True) if message.source_id else None
    if row is None or not _is_open(row):
        return None
    code = "".join(secrets.choice("0123456789") for _ in range(DIGITS))
    row.code_digest = _of_digest(row.token_digest, code)
    return {"code": code}


@messages.after_ended(MESSAGE.code)
def _sent(session: Session, message: Message) -> None:
    """The row learns whether the mail went out, and the account whether its address still works."""
    row = session.get(Code, message.source_id, with_for_update=True) if message.source_id else None
    if row is None:
        return
    is_sent = message.state == MessageState.SENT
    if is_sent:
        row.sent_at = clock.now()
    elif message.problem:
        row.problem = message.problem
    account = of_address(session, row.body_id, row.email)
    if account is not None and (is_sent or message.problem):
        account.email_problem = "" if is_sent else str(message.problem)


def of_address(
    session: Session, body_id: int, address: str, *, lock: bool = False
) -> Account | None:
    """The open account of a confirmed address."""
    query = select(Account).where(
        Account.body_id == body_id,
        Account.email_key == address.lower(),
        Account.email_key != "",
        Account.state == AccountState.OPEN,
    )
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return session.scalar(query)


def _row(session: Session, token: str, *, lock: bool) -> Code:
    query = select(Code).where(Code.token_digest == _token_digest(token))
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    row = session.scalar(query)
    if row is None:
        raise NoSuchCode(t("No code was asked for in this browser. Begin again."))
    return row


def _is_open(row: Code) -> bool:
    return row.used_at is None and row.failed_tries < MAX_FAILED and clock.now() < _ends_at(row)


def _ends_at(row: Code) -> datetime:
    return (row.sent_at or row.created_at) + LIFE


def _token_digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _code_digest(token: str, code: str) -> str:
    return _of_digest(_token_digest(token), code)


def _of_digest(token_digest: str, code: str) -> str:
    """Tied to the row: the same six digits have another digest elsewhere."""
    return hashlib.sha256(f"{token_digest}:{code}".encode()).hexdigest()


@outbox.job(SWEEP)
def sweep(run: outbox.Run) -> None:
    """Forget codes of yesterday: they hold addresses of whoever asked."""
    with run.office.db.begin() as session:
        session.execute(delete(Code).where(Code.created_at < clock.now() - _KEPT))


schedule.every(SWEEP, timedelta(hours=6))
