"""Telling people of something, in the transaction in which it happens.

Nobody is told what he does himself, closed accounts are told nothing, and a deputy of today is told
beside the person whom he stands for. Whether somebody may still see the thing is asked when he
reads. Source: domain rows 55, 60 and 100.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from sqlalchemy import and_, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from docflow import clock, organization, outbox
from docflow.notices import kinds
from docflow.notices.kinds import NoticeKind
from docflow.notices.models import Mailing, Notice, NoticeChoice, PushSubscription
from docflow.organization import Deputy, User, deputies
from docflow.principal import Principal

GATHER = "notices.gather"
GATHER_AFTER = timedelta(seconds=20)  # several acts within one breath make one mail

About = tuple[str, int]  # type and id of a subject, as in the audit trail: ("entry", 17)


def tell(
    session: Session,
    user_ids: Iterable[int | None],
    *,
    kind: NoticeKind,
    about: About,
    by: Principal,
    at_once: bool = False,
) -> None:
    """Tell these people, and their deputies, of something; two statements, none for nobody.

    `by` is who did it. `at_once`: whoever wants this kind in the mail of the day gets it at once.
    Told again of the same before he read it, a person has one notice, with the new time.
    """
    people = {one for one in user_ids if one is not None and one != by.user_id}
    if not people:
        return
    rows = _told(session, people, kind, about, by, at_once=at_once)
    if not rows:
        return
    fresh = insert(Notice).values(rows)
    session.execute(
        fresh.on_conflict_do_update(
            index_elements=["user_id", "kind", "about_type", "about_id"],
            index_where=Notice.read_at.is_(None),
            set_={
                "told_at": fresh.excluded.told_at,
                "times": Notice.times + 1,
                "by_id": fresh.excluded.by_id,
                "in_place_of": fresh.excluded.in_place_of,
                "mail": fresh.excluded.mail,
                "push": fresh.excluded.push,
                "sending_id": None,
            },
        )
    )
    for row in rows:
        if row["mail"] == Mailing.AT_ONCE or row["push"]:
            outbox.enqueue(session, GATHER, delay=GATHER_AFTER, user_id=row["user_id"])


def settle(
    session: Session,
    *,
    about: About,
    kinds: Sequence[NoticeKind],
    user_ids: Iterable[int | None] | None = None,
    but_for: Iterable[int | None] = (),
) -> None:
    """What these notices asked for is done: they count as read.

    Those of everybody, or of `user_ids`, but not of `but_for`; with a person's notices go those
    that his deputies got in his place.
    """
    done = update(Notice).where(
        Notice.about_type == about[0],
        Notice.about_id == about[1],
        Notice.kind.in_([str(one) for one in kinds]),
        Notice.read_at.is_(None),
    )
    asked = func.coalesce(Notice.in_place_of, Notice.user_id)
    if user_ids is not None:
        done = done.where(asked.in_([one for one in user_ids if one is not None]))
    left = [one for one in but_for if one is not None]
    if left:
        done = done.where(asked.not_in(left))
    session.execute(done.values(read_at=clock.now()).execution_options(synchronize_session=False))


def _told(
    session: Session,
    people: set[int],
    kind: NoticeKind,
    about: About,
    by: Principal,
    *,
    at_once: bool,
) -> list[dict[str, object]]:
    """The rows of the notices: each person once, for himself before for another."""
    scopes = [str(one) for one in kinds.for_deputies(kind)]
    acts = and_(
        Deputy.deputy_id == User.id,
        Deputy.person_id.in_(people),
        Deputy.scope.in_(scopes),
        deputies.in_force(),
    )
    stands_for = select(func.min(Deputy.person_id)).where(acts).correlate(User).scalar_subquery()
    takes_push = select(PushSubscription.id).where(PushSubscription.user_id == User.id).exists()
    found = session.execute(
        select(
            User.id,
            User.id.in_(people),
            stands_for if scopes else literal(None),
            NoticeChoice.mail,
            func.coalesce(NoticeChoice.push, True) & takes_push,
        )
        .outerjoin(NoticeChoice, and_(NoticeChoice.user_id == User.id, NoticeChoice.kind == kind))
        .where(
            User.body_id == by.body_id,
            organization.in_service(),
            User.id.is_distinct_from(by.user_id),
            or_(User.id.in_(people), select(Deputy.id).where(acts).exists()),
        )
        .order_by(User.id)
    ).all()
    now = clock.now()
    return [
        {
            "body_id": by.body_id,
            "user_id": user_id,
            "kind": kind,
            "about_type": about[0],
            "about_id": about[1],
            "by_id": by.user_id,
            "in_place_of": None if himself else other,
            "told_at": now,
            "mail": _mailing(kind, chosen, at_once=at_once),
            "push": push,
        }
        for user_id, himself, other, chosen, push in found
    ]


def _mailing(kind: NoticeKind, chosen: str | None, *, at_once: bool) -> Mailing:
    wanted = Mailing(chosen) if chosen else kinds.usual(kind)
    return Mailing.AT_ONCE if at_once and wanted == Mailing.DAILY else wanted
