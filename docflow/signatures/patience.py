"""How often a person's secrets may be tried: after five wrong ones within a quarter of an hour the
key rests.

Each try is counted before it is made, so that many at once do not all pass, and taken back unless
the secrets were wrong: who signs all day is not held up.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import signing
from docflow import throttle
from docflow.office import Office
from docflow.signatures.keys import WrongKeyPassword

log = logging.getLogger(__name__)
WRONG_SECRETS, WINDOW = 5, timedelta(minutes=15)


@contextmanager
def tried(office: Office, user_id: int) -> Iterator[None]:
    """One try of the person's password, PIN or one-time password, in a transaction of its own.

    Raises throttle.TooManyTries where the key rests; nothing in the block is done then.
    """
    key, was_wrong = f"key:{user_id}", False
    with office.db.begin() as session:
        window = throttle.count(session, key, limit=WRONG_SECRETS, every=WINDOW)
    try:
        yield
    except (WrongKeyPassword, signing.WrongPassword, signing.AuthorisationRefused):
        was_wrong = True
        log.info("a wrong secret for the key of user %s", user_id)
        raise
    finally:
        if not was_wrong:
            with office.db.begin() as session:
                throttle.take_back(session, key, window)
