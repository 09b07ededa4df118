"""`python -m docflow.embedded.testca DIRECTORY`: make test CA, seal, keys of log and push, once.

The password of the seal's key is read from DOCFLOW_SEAL_PASSWORD.
"""

import os
import sys
from pathlib import Path

from docflow.audit import keys
from docflow.embedded.kept import write_private_bytes
from docflow.embedded.pki import Pki
from docflow.notices import push_keys
from signing import testpki

ORGANISATION = "Δήμος Παραδείγματος"


def make(pki: Pki, *, seal_password: str) -> None:
    """Make what is missing; the seal last, since `Pki.is_made` asks for it."""
    authority = testpki.create(pki.directory, organisation=ORGANISATION)
    pki.trust_roots.write_bytes(b"".join(authority.trust_roots))
    if not pki.log_key.exists():
        write_private_bytes(pki.log_key, keys.new())
    if not pki.push_key.exists():
        write_private_bytes(pki.push_key, push_keys.new())
    if not pki.seal_key.exists():
        write_private_bytes(pki.seal_key, authority.issue_seal(password=seal_password))


if __name__ == "__main__":
    make(Pki(Path(sys.argv[1])), seal_password=os.environ["DOCFLOW_SEAL_PASSWORD"])
