"""Every setting of an installation, read once by the process that starts, and passed on.

An environment variable is the prefix DOCFLOW_ and the field's name in capitals. An unknown
variable with the prefix is an error: a misspelt setting must not be ignored in silence.
"""

import os
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from docflow.clock import OFFICIAL_ZONE

PREFIX = "DOCFLOW_"


class UnknownSetting(Exception):
    """The environment has a DOCFLOW_ variable that no setting reads."""


class Settings(BaseSettings):
    """All settings of one process."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    data: Path = Field(Path("var"), description="Directory of the embedded stack and its files.")
    database_url: SecretStr = Field(
        description="PostgreSQL as the application's role: postgresql+psycopg://role@host/name."
    )
    owner_database_url: SecretStr | None = Field(
        None,
        description="PostgreSQL as the owner of the schema; only `docflow migrate` needs it.",
    )
    broker_url: SecretStr = Field(
        SecretStr("redis://127.0.0.1:6379/0"),
        description="Broker of Celery: redis:// or amqp://.",
    )
    storage_url: SecretStr = Field(
        SecretStr("file:var/objects"),
        description=(
            "Object storage: file:DIRECTORY, or s3://KEY:SECRET@HOST:PORT/BUCKET (s3s:// for TLS)."
        ),
    )
    secret_key: SecretStr = Field(
        description="Key that signs cookies and kept uploads; at least 32 characters."
    )
    public_url: str = Field(
        "http://127.0.0.1:8000", description="Address that citizens and QR codes use."
    )
    zone: str = Field(OFFICIAL_ZONE, description="Official time zone of the office (IANA name).")
    local_holidays: list[str] = Field(
        default_factory=list,
        description="Holidays of the town beside those of the country, as MM-DD (patron saint).",
    )
    tsa_urls: list[str] = Field(
        default_factory=list,
        description="RFC 3161 time-stamping services, tried in order.",
    )
    tsa_timeout: float = Field(10.0, description="Seconds to wait for a time-stamping service.")
    trust_roots: Path | None = Field(
        None,
        description="PEM file with the root certificates that signatures are checked against.",
    )
    seal_key: Path | None = Field(
        None,
        description="PKCS#12 file of the body's electronic seal, read by the worker.",
    )
    seal_password: SecretStr = Field(SecretStr(""), description="Password of the seal's file.")
    log_keys: list[Path] = Field(
        default_factory=list,
        description=(
            "Ed25519 keys (PEM) that sign the heads of the audit log, read by the sequencer; the "
            "current one first, during a change of keys the old one after it."
        ),
    )
    log_witnesses: list[str] = Field(
        default_factory=list,
        description="Public keys of the witnesses whose lines under the log's heads are kept.",
    )
    smtp_url: SecretStr = Field(
        SecretStr("file:var/outbox"),
        description="Mail: smtp://USER:PASSWORD@HOST:PORT, smtps://…, or file:DIRECTORY.",
    )
    mail_from: str = Field(
        "protocol@example.org",
        description="Sender's address of the mails that Docflow sends.",
    )
    ocr_languages: list[str] = Field(
        default_factory=lambda: ["ell", "eng"],
        description="Languages to read, as Tesseract codes.",
    )
    max_upload_mb: int = Field(100, description="Largest file that is taken in, in MiB.")
    max_scan_mb: int = Field(500, description="Largest batch of scans that is sent, in MiB.")
    scan_folders: list[Path] = Field(
        default_factory=list,
        description="Folders that scanners write into; `docflow scans watch` takes what settles.",
    )
    scan_settle_seconds: float = Field(
        5.0, description="A file in a watched folder is taken when unchanged for so long."
    )
    scan_devices: list[str] = Field(
        default_factory=list,
        description="Scanners (SANE names) offered besides those that the server finds itself.",
    )
    mail_receipts: bool = Field(
        False, description="Mail the receipt to the sender of each incoming document."
    )
    session_hours: int = Field(10, description="A login ends after so many hours.")
    session_idle_minutes: int = Field(120, description="A login ends after so long without use.")
    job_lease_seconds: int = Field(
        60,
        description="A job whose worker gave no sign of life for so long is rung again.",
    )
    database_pool: int = Field(
        20, description="Database connections (and threads) per web process."
    )
    demo: bool = Field(False, description="Show the demo logins on the login page.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Least severe messages to log."
    )


def load() -> Settings:
    """The settings of this process, from its environment.

    Raises UnknownSetting, and pydantic's ValidationError where a value is missing or wrong.
    """
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    unknown = {name for name in os.environ if name.startswith(PREFIX)} - known - _ELSEWHERE
    if unknown:
        raise UnknownSetting(
            f"{', '.join(sorted(unknown))}: no such setting. docs/settings.md lists them all."
        )
    return Settings()  # type: ignore[call-arg]  # pydantic-settings fills them from the environment


# Read by the tool packages, which know no settings.
_ELSEWHERE = {"DOCFLOW_TESSDATA", "DOCFLOW_KEY_PASSWORD"}
