"""`docflow audit proof | check | key | head`: what an outsider needs, and how he checks it."""

import os
from pathlib import Path

from docflow import audit, organization, registry
from docflow.audit import check_proof
from docflow.audit import witness as witnessing
from docflow.cli import finding
from docflow.cli.entries import numbered
from docflow.cli.failures import CannotDo
from docflow.cli.output import print_json, say, warn
from docflow.i18n import t


def proof(
    data: Path | None,
    *,
    number: str,
    book: str | None,
    output: Path,
    acting_as: str | None,
) -> int:
    """Write the proof that an entry stands in the log."""
    with finding.office(data) as office, office.db.read() as session:
        by = finding.acting(session, acting_as)
        entry = numbered(session, number, book, by=by)
        output.write_text(registry.prove(session, entry.id, by=by))
        keys = audit.verifiers(session, entry.body_id)
    say(t("The proof of {number} is in {file}.", number=entry.label, file=str(output)))
    say(t("Key of the log: {key}", key=keys[-1]))
    return 0


def check(_: Path | None, *, source: Path, key: str, documents: list[Path], as_json: bool) -> int:
    """Judge a proof; nothing but the files is asked. 1 where it does not hold."""
    try:
        verifier = Path(key).read_text() if Path(key).is_file() else key
        told = check_proof.check(source.read_text(), verifier, documents)
    except OSError as error:
        raise CannotDo(t("This cannot be read: {problem}", problem=str(error))) from error
    except (check_proof.Wrong, ValueError, KeyError, IndexError, TypeError) as error:
        if as_json:
            print_json({"holds": False, "problem": str(error)})
        else:
            warn(t("The proof does not hold: {problem}", problem=str(error)))
        return 1
    if as_json:
        print_json({"holds": True, "shown": told})
    else:
        say(t("The proof holds."))
        for line in told:
            say(line)
    return 0


def head(data: Path | None, *, body: str | None) -> int:
    """Print the newest checkpoint of a body's log, to be kept elsewhere."""
    with finding.office(data) as office, office.db.read() as session:
        found = organization.body_named(session, body)
        newest = audit.latest(session, found.id)
        if newest is None:
            raise CannotDo(t("No head of the log is signed yet. Is the sequencer running?"))
        print(audit.cosigned(session, newest), end="")
    return 0


def consistency(
    data: Path | None, *, old: int, new: int | None, body: str | None, as_json: bool
) -> int:
    """Print the proof of consistency between two sizes. Raises NoSuchCheckpoint."""
    with finding.office(data) as office, office.db.read() as session:
        found = audit.between(session, organization.body_named(session, body).id, old, new)
    lines = audit.notes.lines_of(found.hashes)
    if as_json:
        print_json(
            {
                "origin": found.origin,
                "old_size": found.old_size,
                "new_size": found.new_size,
                "old_checkpoint": found.old_note,
                "new_checkpoint": found.new_note,
                "hashes": lines,
            }
        )
        return 0
    say(t("{old} of {new} events of {origin}:", old=old, new=found.new_size, origin=found.origin))
    for line in lines:
        print(line)
    return 0


def key(data: Path | None, *, body: str | None) -> int:
    """Print the public keys of a body's log, the newest last."""
    with finding.office(data) as office, office.db.read() as session:
        for verifier in audit.verifiers(session, organization.body_named(session, body).id):
            print(verifier)
    return 0


def witness(
    _: Path | None, *, url: str, key: str, kept: Path, sign_with: Path | None, name: str | None
) -> int:
    """Look at a log once. 1 where it is not what it was, 2 where it does not answer."""
    try:
        verifier = audit.notes.Verifier.parse(Path(key).read_text() if Path(key).is_file() else key)
        signer = None
        if sign_with is not None:
            [private] = audit.keys.load([sign_with])
            signer = audit.notes.Signer(name or "", private, audit.notes.COSIGNATURE)
        seen = witnessing.look(url.rstrip("/"), key=verifier, kept=kept, witness=signer)
        if seen.cosignature:
            witnessing.hand_in(url.rstrip("/"), seen)
    except witnessing.LogAway as error:
        warn(t("The log does not answer: {problem}", problem=str(error)))
        return 2
    except (witnessing.LogBroken, audit.notes.BadNote) as error:
        warn(t("THE LOG IS NOT WHAT IT WAS: {problem}", problem=str(error)))
        return 1
    say(t("{origin} has {n} events, and goes on.", origin=seen.head.origin, n=seen.head.size))
    if signer is not None:
        say(t("Signed and handed in. My key: {key}", key=str(signer.verifier)))
    return 0


def new_key(_: Path | None, *, output: Path) -> int:
    """Make a key for the log, in a file that only its owner may read."""
    try:
        descriptor = os.open(output, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(audit.keys.new())
    except FileExistsError as error:
        raise CannotDo(t("{file} is there already.", file=str(output))) from error
    say(t("The key is in {file}. Name it in DOCFLOW_LOG_KEYS.", file=str(output)))
    return 0
