"""What the demo municipality has made public of its acts, and a document that nobody picked up."""

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from docflow import circulation, clock, dispatch, publications
from docflow.circulation import DraftState
from docflow.demo.house import House

_ACTS = {  # key of the answer: what the public reads, its ΑΔΑ
    "race": ("Προσωρινές κυκλοφοριακές ρυθμίσεις για αγώνα δρόμου", "Ψ4ΛΚΩΞ7-Β2Μ"),
    "collection": ("Πρόσθετο απογευματινό δρομολόγιο αποκομιδής στην πλατεία", ""),
}
_LAST_DAYS = timedelta(days=5)


def begin(session: Session, house: House, drafts: Mapping[str, int]) -> None:
    """Publish what concerns everybody; where the issuing still waits for a service, nothing."""
    registrar = house.registrar()
    for key, (subject, ada) in _ACTS.items():
        draft = session.get(circulation.Draft, drafts.get(key, 0))
        if draft is None or draft.state != DraftState.ISSUED or draft.entry_id is None:
            continue
        publications.publish(
            session, draft.entry_id, subject=subject, ada=ada, is_checked=True, by=registrar
        )
    waits = session.get(circulation.Draft, drafts.get("no-debt", 0))
    if waits is not None and waits.entry_id is not None:
        # Soon over: the list of deliveries and its reminder have something to show.
        session.execute(
            update(dispatch.Delivery)
            .where(dispatch.Delivery.entry_id == waits.entry_id)
            .values(expires_at=clock.now() + _LAST_DAYS)
        )
