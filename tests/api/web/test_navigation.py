"""The navigation of the staff pages: a key leads to one place, whatever somebody may do."""

from collections import Counter
from dataclasses import replace
from itertools import combinations

from api.web.render import navigation
from docflow.organization import Principal, Via
from docflow.principal import Role

NOBODY = Principal(
    user_id=1, body_id=1, username="a", full_name="Α", title="", language="el", via=Via.WEB
)


def test_each_key_of_the_navigation_leads_to_one_place_for_any_two_roles_and_all() -> None:
    for roles in [*combinations(Role, 2), tuple(Role)]:
        by = replace(NOBODY, roles=frozenset(roles), headed_unit_ids=frozenset({1}))
        items = navigation(by, "/work", undescribed=1, annulments=1)
        keys = Counter(item.shortcut for item in items if item.shortcut)
        assert [key for key, times in keys.items() if times > 1] == [], roles
        assert len({item.href for item in items}) == len(items)
