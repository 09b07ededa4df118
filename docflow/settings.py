"""Every setting of an installation, read once by the process that starts, and passed on.

An environment variable is the prefix DOCFLOW_ and the field's name in capitals. An unknown
variable with the prefix is an error: a misspelt setting must not be ignored in silence.
"""

import os
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from docflow.citizen_settings import CitizenSettings
from docflow.clock import OFFICIAL_ZONE

PREFIX = "DOCFLOW_"


class UnknownSetting(Exception):
    """The environment has a DOCFLOW_ variable that no setting reads."""


class SigningService(BaseModel):
    """Where persons may keep their keys: a token's reader, a CSC service, the OTP service."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z0-9-]{1,40}$")
    kind: Literal["token", "csc", "otp"]
    title: str
    url: str = ""
    version: Literal["v1", "v2"] = "v1"  # of the CSC API
    access_token: SecretStr = SecretStr("")  # CSC with OAuth 2; without it each person logs in
    library: Path | None = None  # PKCS#11: the maker's .so
    token: str = ""  # PKCS#11: the token's label, where all persons use one HSM
    timeout: float = 30


class Settings(CitizenSettings):
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
    store_keys: Path | None = Field(
        None,
        description=(
            "Directory with the key of the first body (CODE.key): objects are encrypted at rest. "
            "Without it, or empty, they are stored as they are."
        ),
    )
    retention_days: int = Field(
        0,
        ge=0,
        description=(
            "Files of entries cannot be deleted from the store for so many days (S3 Object Lock, "
            "COMPLIANCE: for good, whoever asks). 0: no retention."
        ),
    )
    digest_mb_per_second: int = Field(
        20,
        ge=1,
        description="How fast the nightly check of the stored bytes may read, in MiB a second.",
    )
    orphan_days: int = Field(
        7,
        ge=2,
        description="Objects that no row has named for so many days are removed from the store.",
    )
    backup_directory: Path | None = Field(
        None,
        description=(
            "Directory that the worker makes backups in, on another disk or machine than the data. "
            "Without it only “docflow backup” makes some."
        ),
    )
    backup_hours: int = Field(24, ge=1, description="Hours from backup to backup.")
    backup_keep: int = Field(30, ge=1, description="Backups that are kept in the directory.")
    alarm_mails: list[str] = Field(
        default_factory=list,
        description="Where alarms are sent; without it to the administrators' own addresses.",
    )
    alarm_job_minutes: int = Field(
        15, ge=1, description="A job that waits longer than so many minutes is an alarm."
    )
    alarm_log_minutes: int = Field(
        10, ge=1, description="So is an event that has no place in the log for so many minutes."
    )
    alarm_backup_hours: int = Field(
        36, ge=1, description="So is the last whole backup when it is older than so many hours."
    )
    alarm_disk_percent: int = Field(
        10, ge=0, le=100, description="So is a disk of the files with less than this left."
    )
    alarm_wrong_codes: int = Field(
        20,
        ge=1,
        description="So are so many wrong codes or secrets from one address within an hour.",
    )
    metrics_token: SecretStr | None = Field(
        None,
        description=(
            "Bearer token that Prometheus shows to read /health/metrics; without it there are none."
        ),
    )
    log_format: Literal["text", "json"] = Field(
        "text", description="Form of the processes' logs: a line of text, or of JSON, a record."
    )
    postgres_programs: Path | None = Field(
        None,
        description=(
            "Directory with pg_dump and pg_restore, no older than the server; without it those "
            "that came with the product, or of the machine."
        ),
    )
    secret_key: SecretStr = Field(
        description="Key that signs cookies and kept uploads; at least 32 characters."
    )
    public_url: str = Field(
        "http://127.0.0.1:8000", description="Address that citizens and QR codes use."
    )
    zone: str = Field(OFFICIAL_ZONE, description="Official time zone of the office (IANA name).")
    tsa_urls: list[str] = Field(
        default_factory=list,
        description="RFC 3161 time-stamping services, tried in order.",
    )
    tsa_timeout: float = Field(10.0, description="Seconds to wait for a time-stamping service.")
    trust_roots: Path | None = Field(
        None,
        description="PEM file with the root certificates that signatures are checked against.",
    )
    trust_lists: list[Path] = Field(
        default_factory=list,
        description=(
            "EU trusted lists as XML files, fetched by the operator; their services are trusted "
            "besides the roots."
        ),
    )
    trust_list_operators: Path | None = Field(
        None,
        description="PEM file with the certificates that may sign those lists.",
    )
    signature_level: Literal["B-B", "B-T", "B-LT", "B-LTA"] = Field(
        "B-LTA", description="Level that issued documents are brought to and kept at."
    )
    renewal_margin_days: int = Field(
        90, description="Archive time-stamps are renewed so many days before they weaken."
    )
    signing_services: list[SigningService] = Field(
        default_factory=list,
        description=(
            "Where persons may keep their signing keys besides files, as JSON: a list of objects "
            "with name, kind (token, csc, otp), title, and url or library."
        ),
    )
    vault_key: SecretStr | None = Field(
        None,
        description=(
            "Key under which signers' key files are stored, at least 32 characters; the secret "
            "key without it."
        ),
    )
    seal_key: Path | None = Field(
        None,
        description="PKCS#12 file of the electronic seal of the (first) body, read by the signer.",
    )
    seal_password: SecretStr = Field(SecretStr(""), description="Password of the seal's file.")
    seal_keys: Path | None = Field(
        None,
        description=(
            "Directory of the seals of several bodies: CODE.p12 of each, and CODE.password where "
            "it is not the password above. A body without one here has no seal, but for the first."
        ),
    )
    log_keys: list[str] = Field(
        default_factory=list,
        description=(
            "Ed25519 keys that sign the heads of the audit log, used by the sequencer: PEM files "
            "or pkcs11: URIs (RFC 7512, with module-path and pin-source); the current one first, "
            "during a change of keys the old one after it."
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
    pickup_reminder_days: list[int] = Field(
        default_factory=lambda: [30, 7],
        description=(
            "Who lets a document wait at the pick-up page is reminded so many days before it "
            "expires."
        ),
    )
    ocr_languages: list[str] = Field(
        default_factory=lambda: ["ell", "eng"],
        description="Languages to read, as Tesseract codes.",
    )
    max_upload_mb: int = Field(100, description="Largest file that is taken in, in MiB.")
    clamd: str | None = Field(
        None,
        description=(
            "Virus check of every file before it can be opened: clamd at unix:/path/of/socket or "
            "tcp://HOST:PORT. None: no check."
        ),
    )
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
    oidc_issuer: str | None = Field(
        None,
        description=(
            "Identity provider (OpenID Connect) that staff may log in through: its issuer, as "
            "https://…; without it passwords alone."
        ),
    )
    oidc_client_id: str = Field("", description="What the provider calls this installation.")
    oidc_client_secret: SecretStr = Field(
        SecretStr(""), description="Its secret there; none for a public client."
    )
    oidc_title: str = Field(
        "", description="Name of the provider on the login page; its host without one."
    )
    oidc_username_claim: str = Field(
        "preferred_username",
        description=(
            "Claim that names the account at its first login (preferred_username, upn, email …)."
        ),
    )
    oidc_creates_accounts: bool = Field(
        False,
        description="Whoever the provider knows gets an account, without any right until given.",
    )
    oidc_body: str = Field(
        "", description="Code of the body in which such accounts are made; the first without it."
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
    signing_batch_limit: int = Field(
        100, ge=1, le=500, description="Most documents that a person signs in one go."
    )
    signing_reminder_days: int = Field(
        3,
        ge=0,
        description="Who lets drafts wait is reminded by mail after so many days; 0 never.",
    )
    notice_days: int = Field(
        180, ge=1, description="Notices, read or not, are forgotten after so many days."
    )
    push_key: Path | None = Field(
        None,
        description=(
            "PEM file with the P-256 key by which push services know this installation (VAPID); "
            "`docflow notices push-key` makes one. Without it there are no push messages."
        ),
    )
    push_services: list[str] = Field(
        default_factory=lambda: [
            "https://fcm.googleapis.com",
            "https://*.push.services.mozilla.com",
            "https://*.notify.windows.com",
            "https://*.push.apple.com",
        ],
        description=(
            "Servers of browser makers that push messages are sent to; others are refused. A star "
            "stands for the first parts of a name."
        ),
    )
    demo: bool = Field(False, description="Show the demo logins on the login page.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Least severe messages to log."
    )

    @field_validator(
        "store_keys",
        "seal_keys",
        "backup_directory",
        "metrics_token",
        "vault_key",
        "clamd",
        "trust_list_operators",
        "push_key",
        "oidc_issuer",
        mode="before",
    )
    @classmethod
    def _none_for_empty(cls, given: object) -> object:
        return given or None


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
