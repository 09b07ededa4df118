"""The state of the store on one page: probe, last check, orphans, holds."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from docflow.custody import digests, holds, orphans, probe
from docflow.custody.models import Orphan, RunKind, StoreFinding, StoreRun
from docflow.i18n import Text, t
from docflow.principal import Principal
from docflow.settings import Settings


@dataclass(frozen=True, slots=True)
class StoreState:
    """What administrators and auditors are shown."""

    kind: str  # directory, s3
    is_encrypted: bool
    retention_days: int
    alarms: Sequence[Text]
    runs: dict[str, StoreRun | None]
    findings: Sequence[StoreFinding]
    orphans: Sequence[Orphan]
    orphan_count: int
    orphan_bytes: int
    held_entries: int
    held_objects: int
    retained_objects: int


def may_see(by: Principal) -> bool:
    return by.is_administrator or by.is_auditor


def require(by: Principal) -> None:
    """Raises NotAllowed."""
    by.require(may_see(by), t("Only administrators and auditors see the state of the store."))


def state(session: Session, settings: Settings, *, by: Principal) -> StoreState:
    """The state of now. Raises NotAllowed."""
    require(by)
    count, size = orphans.totals(session)
    entries, held, retained = holds.counts(session)
    url = settings.storage_url.get_secret_value()
    return StoreState(
        kind="directory" if url.startswith("file:") else "s3",
        is_encrypted=settings.store_keys is not None,
        retention_days=settings.retention_days,
        alarms=probe.alarms(session, settings),
        runs={kind.value: probe.last(session, kind) for kind in RunKind},
        findings=digests.findings(session),
        orphans=orphans.listed(session),
        orphan_count=count,
        orphan_bytes=size,
        held_entries=entries,
        held_objects=held,
        retained_objects=retained,
    )
