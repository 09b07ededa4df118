"""A kind that proposes a unit goes on with the one that took over from it, as a new version."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow.i18n import t
from docflow.kinds.definitions import read
from docflow.kinds.models import Kind, KindVersion
from docflow.kinds.service import keep_version
from docflow.organization import Carrier, OpenItem, Place, work
from docflow.principal import Principal


def _inherit(session: Session, old: int, new: int, by: Principal) -> None:
    """Kinds whose documents go to the dissolved unit; retired ones too, they may come back."""
    kinds = session.scalars(
        select(Kind).where(Kind.body_id == by.body_id).order_by(Kind.id).with_for_update()
    )
    for kind in kinds.all():
        stored = session.get_one(KindVersion, (kind.id, kind.version))
        definition = read(stored.definition)
        if definition.defaults.addressee_unit_id != old:
            continue
        defaults = replace(definition.defaults, addressee_unit_id=new)
        kind.version += 1
        keep_version(session, kind, replace(definition, defaults=defaults), by, "kind.changed")


def _nothing(session: Session, unit_ids: Collection[int]) -> Sequence[OpenItem]:
    """A kind is no open work: it only names the unit for documents to come."""
    return ()


def _of_nobody(session: Session, user_id: int) -> Sequence[OpenItem]:
    return ()


def _stays(session: Session, item: OpenItem, to: Place, by: Principal) -> None:
    """There is no item to move."""


work.carried_by(
    Carrier("kind", t("Kinds of document"), _nothing, _of_nobody, _stays, inherit=_inherit)
)
