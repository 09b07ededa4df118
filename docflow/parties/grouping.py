"""Groups of parties to whom the body writes together: all schools, the members of a council."""

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from docflow import audit
from docflow.errors import NotFound
from docflow.folding import fold
from docflow.i18n import t
from docflow.parties import directory
from docflow.parties.models import Party, PartyGroup, PartyGroupMember
from docflow.parties.service import check_name
from docflow.principal import Principal


class NoSuchGroup(NotFound):
    """The directory has no such group."""


def join(session: Session, party_id: int, name: str, *, by: Principal) -> PartyGroup:
    """Put a party into the group of this name, which is made where there is none.

    Raises NoSuchParty, NotYoursToKeep, BadName.
    """
    directory.require_keeper(by)
    by.require_scope("register")
    party = directory.get(session, party_id, by=by)
    clean = check_name(name, field="group")
    session.execute(
        insert(PartyGroup)
        .values(body_id=by.body_id, name=clean, name_key=fold(clean))
        .on_conflict_do_nothing()
    )
    group = session.scalars(
        select(PartyGroup).where(
            PartyGroup.body_id == by.body_id, PartyGroup.name_key == fold(clean)
        )
    ).one()
    session.execute(
        insert(PartyGroupMember)
        .values(group_id=group.id, party_id=party.id)
        .on_conflict_do_nothing()
    )
    audit.record(session, "party.joined", by=by, subject=("party", party.id), group=group.name)
    return group


def leave(session: Session, party_id: int, group_id: int, *, by: Principal) -> None:
    """Take a party out of a group; an empty group goes.

    Nothing is written where it was not in it. Raises NoSuchGroup, NoSuchParty, NotYoursToKeep.
    """
    directory.require_keeper(by)
    by.require_scope("register")
    party = directory.get(session, party_id, by=by)
    group = _group(session, group_id, by)
    gone = session.scalar(
        delete(PartyGroupMember)
        .where(PartyGroupMember.group_id == group.id, PartyGroupMember.party_id == party.id)
        .returning(PartyGroupMember.party_id)
    )
    if gone is None:
        return
    audit.record(session, "party.left", by=by, subject=("party", party.id), group=group.name)
    left = select(PartyGroupMember.party_id).where(PartyGroupMember.group_id == group.id).limit(1)
    if session.scalar(left) is None:
        session.delete(group)


def members(session: Session, group_id: int, *, by: Principal) -> list[Party]:
    """Who belongs to a group. Raises NoSuchGroup."""
    _group(session, group_id, by)
    rows = session.scalars(
        select(Party)
        .join(PartyGroupMember, PartyGroupMember.party_id == Party.id)
        .where(PartyGroupMember.group_id == group_id)
        .order_by(Party.name_key)
    )
    return list(rows)


def groups_of(session: Session, party_id: int) -> list[PartyGroup]:
    """The groups of a party."""
    rows = session.scalars(
        select(PartyGroup)
        .join(PartyGroupMember, PartyGroupMember.group_id == PartyGroup.id)
        .where(PartyGroupMember.party_id == party_id)
        .order_by(PartyGroup.name_key)
    )
    return list(rows)


def _group(session: Session, group_id: int, by: Principal) -> PartyGroup:
    group = session.scalar(
        select(PartyGroup).where(PartyGroup.id == group_id, PartyGroup.body_id == by.body_id)
    )
    if group is None:
        raise NoSuchGroup(t("The directory has no such group."))
    return group
