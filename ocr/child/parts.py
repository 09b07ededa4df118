"""What lies in a mail or an archive, before it is taken out: names, sizes, and what stands against
it. The bytes follow one part at a time, so that a large mail never lies in memory thrice."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Inner:
    """One part; `bytes_of` gives its bytes. With a problem it stays where it is."""

    name: str
    role: str  # body, attachment, inline, member
    bytes_of: Callable[[], bytes]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """A mail with its headers and its text, or an archive, and what lies in it."""

    parts: list[Inner]
    headers: dict[str, object] | None = None
    text: str = ""
    notes: list[tuple[str, str]] = field(default_factory=list)
