"""Telling a citizen what was done with his account, so that he notices what was not his doing."""

from sqlalchemy.orm import Session

from docflow import messages
from docflow.accounts.models import Account
from docflow.i18n import Text
from docflow.messages import Addressee, Channel, Kind, Wording
from docflow.principal import Principal

MESSAGE = messages.declare(
    Kind(
        code="account-changed",
        title="Change of a citizen’s account",
        samples={"what": "A new password was chosen."},
        words={
            "el": Wording(
                subject="Ο λογαριασμός σας – {body}",
                text=(
                    "{what}\n\nΤον λογαριασμό σας τον βλέπετε εδώ: {portal}/account\n\nΑν δεν το "
                    "κάνατε εσείς, επικοινωνήστε με την υπηρεσία μας.\n\n{body}"
                ),
            ),
            "en": Wording(
                subject="Your account – {body}",
                text=(
                    "{what}\n\nYou see your account here: {portal}/account\n\nIf it was not you, "
                    "get in touch with our office.\n\n{body}"
                ),
            ),
            "hu": Wording(
                subject="Az Ön fiókja – {body}",
                text=(
                    "{what}\n\nFiókját itt látja: {portal}/account\n\nHa ezt nem Ön tette, "
                    "forduljon hivatalunkhoz.\n\n{body}"
                ),
            ),
            "cs": Wording(
                subject="Váš účet – {body}",
                text=(
                    "{what}\n\nSvůj účet najdete zde: {portal}/account\n\nPokud jste to nebyli "
                    "vy, obraťte se na náš úřad.\n\n{body}"
                ),
            ),
        },
        needed=frozenset({"what"}),
        is_audited=False,
    )
)


def tell(
    session: Session, account: Account, what: Text, *, by: Principal, email: str | None = None
) -> None:
    """Mail the owner what was done. `email` is another address than the present one.

    What concerns the safety of an account is told also to whoever wants no messages.
    """
    messages.send(
        session,
        body_id=account.body_id,
        to=Addressee(
            email=account.email if email is None else email,
            language=account.language,
            channel=Channel.EMAIL,
        ),
        kind=MESSAGE.code,
        values={"what": what.in_language(account.language)},
        about=("citizen-account", account.id),
        by=by,
        source=account.id,
    )
