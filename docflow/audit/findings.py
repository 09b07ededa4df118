"""What a verification names."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it was written. `place` is that of the leaf, counted from 0."""

    what: str  # altered, missing, inserted, swapped, rolled-back
    place: int | None
    event_id: int | None
    detail: str
