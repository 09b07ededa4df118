"""What an installation on one machine keeps from start to start: its secrets and its ports."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from secrets import token_hex

from docflow.embedded.processes import free_port, is_port_free


@dataclass(frozen=True, slots=True)
class Kept:
    """Made at random once; `DATA/secrets.json`, readable by its owner only."""

    superuser_password: str
    owner_password: str
    application_password: str
    broker_password: str
    secret_key: str
    seal_password: str
    postgres_port: int
    broker_port: int


def keep(data: Path) -> Kept:
    """What is kept in `data`, made now where nothing is; a port that got taken is replaced."""
    file = data / "secrets.json"
    try:
        kept = Kept(**json.loads(file.read_text()))
    except FileNotFoundError:
        kept = _fresh()
    kept = _with_free_ports(kept)
    write_private(file, json.dumps(asdict(kept), indent=1))
    return kept


def write_private(file: Path, text: str) -> None:
    """Write the file whole or not at all, for the owner's eyes only."""
    write_private_bytes(file, text.encode())


def write_private_bytes(file: Path, content: bytes) -> None:
    """As `write_private`."""
    temporary = file.with_name(file.name + ".new")
    with _private(temporary) as descriptor:
        os.write(descriptor, content)
        os.fsync(descriptor)
    temporary.replace(file)


@contextmanager
def _private(file: Path) -> Iterator[int]:
    file.unlink(missing_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _fresh() -> Kept:
    return Kept(
        superuser_password=token_hex(24),
        owner_password=token_hex(24),
        application_password=token_hex(24),
        broker_password=token_hex(24),
        secret_key=token_hex(32),
        seal_password=token_hex(24),
        postgres_port=free_port(),
        broker_port=free_port(),
    )


def _with_free_ports(kept: Kept) -> Kept:
    if not is_port_free(kept.postgres_port):
        kept = replace(kept, postgres_port=free_port())
    if not is_port_free(kept.broker_port):
        kept = replace(kept, broker_port=free_port())
    return kept
