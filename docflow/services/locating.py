"""Where in a JSON file something stands, so that a person can go there."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

_BLANKS = " \t\r\n"
_decoder = json.JSONDecoder()


class TwiceNamed(ValueError):
    """A name stands twice in one object; the second would win unseen."""


def loads(text: str) -> Any:
    """The value of a JSON text.

    Raises ValueError (json.JSONDecodeError with the line; TwiceNamed), RecursionError.
    """
    return json.loads(text, object_pairs_hook=_pairs, parse_constant=_constant)


def shown(path: Sequence[str | int]) -> str:
    """The place as people read it: papers[0].title.el"""
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path).removeprefix(
        "."
    )


def line(text: str, path: Iterable[str | int]) -> int:
    """The line, from 1, of the place in a valid JSON text; of what encloses it where it is gone."""
    at = _after_blanks(text, 0)
    for key in path:
        found = _member(text, at, key) if text[at] == "{" else _item(text, at, key)
        if found is None:
            break
        at = found
    return text.count("\n", 0, at) + 1


def _member(text: str, at: int, key: str | int) -> int | None:
    at = _after_blanks(text, at + 1)
    while text[at] == '"':
        name, at = _decoder.raw_decode(text, at)
        at = _after_blanks(text, _after_blanks(text, at) + 1)
        if name == key:
            return at
        at = _next(text, at)
    return None


def _item(text: str, at: int, key: str | int) -> int | None:
    if text[at] != "[" or not isinstance(key, int):
        return None
    at = _after_blanks(text, at + 1)
    for _ in range(key):
        if text[at] == "]":
            return None
        at = _next(text, at)
    return None if text[at] == "]" else at


def _next(text: str, at: int) -> int:
    """Where the next member begins, or what encloses them ends."""
    _, at = _decoder.raw_decode(text, at)
    at = _after_blanks(text, at)
    return _after_blanks(text, at + 1) if text[at] == "," else at


def _after_blanks(text: str, at: int) -> int:
    while at < len(text) and text[at] in _BLANKS:
        at += 1
    return at


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        raise TwiceNamed(next(name for name in names if names.count(name) > 1))
    return made


def _constant(name: str) -> None:
    raise ValueError(name)
