"""`docflow sign` and `docflow validate`: pure tools, no database, no running stack."""

import hashlib
import os
from datetime import datetime
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

import signing
from docflow import verdicts
from docflow.cli import passwords
from docflow.cli.failures import CannotDo
from docflow.cli.output import language, print_json, say
from docflow.cli.writing import write_whole
from docflow.clock import OFFICIAL_ZONE
from docflow.errors import Unavailable
from docflow.i18n import t, translate

KEY_PASSWORD = "DOCFLOW_KEY_PASSWORD"  # noqa: S105 - the name of a variable


class NoAnswer(Unavailable):
    """A service that signing needs does not answer."""


def sign_file(
    data: Path | None,
    *,
    source: Path,
    output: Path,
    key_file: Path,
    tsa_urls: list[str],
    level: str | None,
    field: str | None,
    trust: list[Path],
    password_file: Path | None,
    as_json: bool,
) -> int:
    """Sign, and write the signed PDF. Nothing is written where that fails."""
    pdf = source.read_bytes()
    key = _key(key_file, password_file)
    chosen = cast("signing.Level", level or ("B-T" if tsa_urls else "B-B"))
    name = field or _free_field(pdf)
    try:
        signed = signing.sign(
            pdf,
            key,
            field=name,
            level=chosen,
            tsa_urls=tsa_urls,
            trust_roots=_roots(trust),
            allow_fetching=chosen in ("B-LT", "B-LTA"),
        )
    except (signing.TsaUnavailable, signing.RevocationUnavailable) as error:
        raise NoAnswer(t("Nothing was signed: {why}", why=str(error))) from error
    except signing.SigningError as error:
        raise CannotDo(t("Nothing was signed: {why}", why=str(error))) from error
    write_whole(output, signed, source=source)
    if as_json:
        print_json(
            {
                "output": str(output),
                "sha256": hashlib.sha256(signed).hexdigest(),
                "size": len(signed),
                "field": name,
                "level": chosen,
                "signer": key.subject_name,
                "issuer": key.issuer_name,
            }
        )
    else:
        say(
            t(
                "Signed by {name} ({level}): {path}",
                name=key.subject_name,
                level=chosen,
                path=str(output),
            )
        )
    return 0


def validate_file(
    data: Path | None,
    *,
    source: Path,
    trust: list[Path],
    at: str | None,
    offline: bool,
    as_json: bool,
) -> int:
    """Print the verdict; 0 whatever it is, since the command has done what it is for."""
    moment = _moment(at) if at else None
    try:
        report = signing.validate_any_limited(
            source.read_bytes(),
            seconds=60,
            trust_roots=_roots(trust),
            at=moment,
            offline=offline,
        )
    except signing.SigningError as error:
        raise CannotDo(t("The roots cannot be used: {why}", why=str(error))) from error
    if as_json:
        print_json(report.as_json())
        return 0
    spoken = language()
    sentence = verdicts.SENTENCES[report.verdict.value].in_language(spoken)
    say(f"{_word(report.verdict)}: {sentence}")
    for one in report.signatures:
        when = one.time.isoformat(timespec="seconds") if one.time else "-"
        facts = f"{one.signer or '-'}, {when}, {one.level or '-'}"
        say(f"  {one.field}: {_word(one.verdict)}, {facts}")
        for code in one.reasons:
            say(f"    {code}: {verdicts.reason(code).in_language(spoken)}")
    return 0


def _key(file: Path, password_file: Path | None) -> "signing.SigningKey":
    """The key, opened with the password of the file, of the environment, or asked for."""
    data = file.read_bytes()
    try:
        if password_file is not None:
            return signing.SigningKey.load_pkcs12(data, passwords.read(password_file))
        if KEY_PASSWORD in os.environ:
            return signing.SigningKey.load_pkcs12(data, os.environ[KEY_PASSWORD])
        try:
            return signing.SigningKey.load_pkcs12(data, "")
        except signing.WrongPassword:
            question = translate("Password of the signing key", language())
            return signing.SigningKey.load_pkcs12(data, passwords.ask(question))
    except signing.WrongPassword as error:
        raise CannotDo(
            t("The password of the signing key is wrong. Nothing was signed.")
        ) from error
    except signing.KeyUnusable as error:
        raise CannotDo(t("The signing key cannot be used: {why}", why=str(error))) from error


def _free_field(pdf: bytes) -> str:
    """Signature1, or the next name that no signature of the document has."""
    taken = {one.field for one in signing.validate(pdf).signatures}
    return next(name for n in range(1, len(taken) + 2) if (name := f"Signature{n}") not in taken)


def _roots(files: list[Path]) -> list[bytes]:
    return [certificate for file in files for certificate in _certificates(file.read_bytes())]


def _certificates(content: bytes) -> list[bytes]:
    """The certificates of a file: one DER, or any number of PEM blocks."""
    end = b"-----END CERTIFICATE-----"
    if end not in content:
        return [content]
    return [block.strip() + b"\n" + end + b"\n" for block in content.split(end)[:-1]]


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise CannotDo(
            t("“{text}” is no time. Write it as 2026-11-20T10:30.", text=text)
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(OFFICIAL_ZONE))


def _word(verdict: str) -> str:
    return verdicts.word(verdict).in_language(language())
