"""An identity provider: a real one, in a process of its own."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import httpx

from docflow.embedded.pki import is_ok
from docflow.embedded.processes import free_port
from tests.waiting import wait_until


@contextmanager
def provider(people: Mapping[str, Mapping[str, object]]) -> Iterator[str]:
    """The issuer, as long as the block lasts; `people` are claims by subject."""
    port = free_port()
    users = [f"--user-claims={json.dumps({'sub': sub, **said})}" for sub, said in people.items()]
    process = subprocess.Popen(
        [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), *users],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        about = "/.well-known/openid-configuration"
        wait_until(lambda: is_ok(port, about), what="the provider", alive=process)
        yield address
    finally:
        process.terminate()
        process.wait(20)


def at_provider(address: str, sub: str) -> str:
    """What somebody does there: he is who he is, and is sent back."""
    answer = httpx.post(address, data={"sub": sub}, follow_redirects=False)
    return answer.headers["location"]
