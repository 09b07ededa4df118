"""Which worker of a parallel test run gets which tests.

The stories of tests/e2e share one installation, so one worker has them all, and begins with them;
every other test goes to whoever is free. (The mark `xdist_group` would say the same, but
pytest-xdist 3.8 looks for an attribute that pytest 9.2 no longer has, and ignores it in silence.)
"""

from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

STORIES = "tests/e2e"


class StoriesTogether(LoadScopeScheduling):  # type: ignore[misc]  # published without types
    """Tests one by one, and the stories as one piece; the largest piece goes first."""

    def _split_scope(self, nodeid: str) -> str:
        return STORIES if nodeid.startswith(f"{STORIES}/") else nodeid
