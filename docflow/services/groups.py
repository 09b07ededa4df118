"""Headings of the catalogue that every body has; a service may bring one of its own."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from docflow.services.definitions import Group, Texts

AXES = ("interest", "citizens", "document", "family", "life")
_FILE = Path(__file__).parent / "groups.json"


@cache
def known() -> Mapping[str, Mapping[str, Texts]]:
    """Titles by axis and code."""
    found: Mapping[str, Mapping[str, Texts]] = json.loads(_FILE.read_text(encoding="utf-8"))
    return found


def titled(axis: str, group: Group) -> Group:
    """The heading with its title: its own, else the one that every body knows."""
    return Group(group.code, group.titles or known()[axis].get(group.code, {"el": group.code}))


def family(code: str) -> Group:
    """The family of a process: what stands before the dot of its code."""
    return titled("family", Group(code.partition(".")[0], {}))
