"""A service and what is written of a unit go on with the unit that took over from it."""

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import audit
from docflow.i18n import t
from docflow.organization import Carrier, OpenItem, Place, work
from docflow.principal import Principal
from docflow.services.models import Article, Service


def _inherit(session: Session, old: int, new: int, by: Principal) -> None:
    services = session.scalars(
        select(Service).where(Service.unit_id == old).order_by(Service.id).with_for_update()
    )
    for service in services.all():
        service.unit_id = new
        audit.record(
            session,
            "service.unit-changed",
            by=by,
            subject=("service", service.id),
            unit=new,
            before=old,
        )
    articles = session.scalars(
        select(Article).where(Article.unit_id == old).order_by(Article.id).with_for_update()
    )
    for article in articles.all():
        article.unit_id = new


def _nothing(session: Session, unit_ids: Collection[int]) -> Sequence[OpenItem]:
    """A service is no open work: what was asked for by it is."""
    return ()


def _of_nobody(session: Session, user_id: int) -> Sequence[OpenItem]:
    return ()


def _stays(session: Session, item: OpenItem, to: Place, by: Principal) -> None:
    """There is no item to move."""


work.carried_by(
    Carrier(
        "service", t("Services of the citizens"), _nothing, _of_nobody, _stays, inherit=_inherit
    )
)
