"""Work lists that some people of the demo municipality keep under a name."""

from sqlalchemy.orm import Session

from docflow import worklists
from docflow.demo.house import House
from docflow.registry import Priority
from docflow.routing import Age, Basket, Deadline, Narrowing

_LISTS = (
    # Who, name, list, what of it, whether his unit has it too.
    ("vasileiou", "Λήγουν σε μία εβδομάδα", Basket.UNIT, Narrowing(deadline=Deadline.WEEK), True),
    ("papadopoulos", "Επείγοντα", Basket.UNIT, Narrowing(priority=Priority.URGENT), False),
    ("papanikolaou", "Πάνω από δύο εβδομάδες", Basket.UNIT, Narrowing(age=Age.DAYS_30), True),
)


def begin(session: Session, house: House) -> None:
    """Keep the lists; what a head keeps for all, he shares with the first of his units."""
    for username, name, basket, narrowing, is_shared in _LISTS:
        by = house.people[username]
        made = worklists.save(session, by=by, name=name, basket=basket, narrowing=narrowing)
        if is_shared:
            worklists.share(session, made.id, min(by.headed_unit_ids & by.unit_ids), by=by)
