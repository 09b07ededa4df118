"""The log's key on a token: SoftHSM's, which is a token in software."""

import os
import subprocess
from collections.abc import Iterator

import pkcs11
import pytest
from pkcs11.util.ec import encode_named_curve_parameters

from docflow import audit
from tests.signing.test_hardware import LIBRARY, PIN

CONFIGURED = "SOFTHSM2_CONF"


@pytest.fixture(scope="module")
def uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the key is, as a setting names it."""
    folder = tmp_path_factory.mktemp("softhsm-log")
    (folder / "tokens").mkdir()
    settings = folder / "softhsm2.conf"
    settings.write_text(f"directories.tokendir = {folder}/tokens\nlog.level = ERROR\n")
    before = os.environ.get(CONFIGURED)
    os.environ[CONFIGURED] = str(settings)
    command = ["softhsm2-util", "--init-token", "--free", "--label", "log", "--so-pin", "12345"]
    subprocess.run([*command, "--pin", PIN], check=True, capture_output=True)
    library = pkcs11.lib(str(LIBRARY))
    library.reinitialize()
    with library.get_token(token_label="log").open(rw=True, user_pin=PIN) as session:
        for label, kind, curve in (
            ("heads", pkcs11.KeyType.EC_EDWARDS, "edwards25519"),
            ("letters", pkcs11.KeyType.EC, "secp256r1"),
        ):
            parameters = (
                bytes.fromhex("06032b6570")  # the object identifier of Ed25519 (RFC 8410)
                if curve == "edwards25519"
                else encode_named_curve_parameters(curve)
            )
            domain = session.create_domain_parameters(
                kind, {pkcs11.Attribute.EC_PARAMS: parameters}, local=True
            )
            domain.generate_keypair(store=True, label=label)
    pin = folder / "pin"
    pin.write_text(f"{PIN}\n")
    yield f"pkcs11:token=log;object=heads?module-path={LIBRARY}&pin-source={pin}"
    os.environ.pop(CONFIGURED)
    if before:
        os.environ[CONFIGURED] = before


def test_a_head_signed_on_a_token_is_a_head_like_any_other(uri: str) -> None:
    [key] = audit.keys.load([uri])
    signer = audit.notes.Signer("protocol.example/log/TEST", key)
    head = audit.notes.Checkpoint(signer.name, 9, bytes(32))
    note = audit.notes.sign(head.text, signer)
    text, names = audit.notes.verified(note, [signer.verifier])
    assert (text, names) == (head.text, [signer.name])
    with pytest.raises(audit.notes.BadNote):
        audit.notes.verified(note.replace("\n9\n", "\n8\n"), [signer.verifier])


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("object=heads", "object=nobody"), "cannot be read"),
        (("token=log", "token=nothing"), "cannot be read"),
        (("object=heads", "object=letters"), "no Ed25519 key"),
        (("token=log;", ""), "lacks token"),
        (("module-path=", "module="), "lacks module-path"),
        (("/pin", "/no-pin"), "cannot be read"),
    ],
)
def test_a_key_that_is_not_there_is_told(uri: str, change: tuple[str, str], told: str) -> None:
    with pytest.raises(audit.LogKeyUnusable) as refusal:
        audit.keys.load([uri.replace(*change)])
    assert told in str(refusal.value)
    assert PIN not in str(refusal.value)
