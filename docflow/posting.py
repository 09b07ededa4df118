"""One request to another server: a bounded time, a bounded answer, no redirection."""

from collections.abc import Mapping
from dataclasses import dataclass

import urllib3

JSON = {"Content-Type": "application/json", "Accept": "application/json"}  # what is sent, wanted
_MOST = 200_000  # bytes of an answer that are looked at


class NoAnswer(Exception):
    """The server did not answer; whether it heard us is not known."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes


def ask(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    body: bytes | None = None,
    timeout: float = 15.0,
) -> Answer:
    """Send, and read the answer. Raises NoAnswer, whose text names no address: that may hold a
    password.
    """
    wait = urllib3.Timeout(connect=min(5.0, timeout), read=timeout)
    with urllib3.PoolManager(timeout=wait, retries=False) as pool:
        try:
            answer = pool.request(
                method,
                url,
                body=body,
                headers=dict(headers),
                redirect=False,
                preload_content=False,
            )
            read = answer.read(_MOST)
            answer.release_conn()
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise NoAnswer(type(error).__name__) from error
    return Answer(answer.status, read)
