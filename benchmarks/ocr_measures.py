"""How far a recognised text is from the true one, without regard to the order of its words.

Two columns and boxes beside each other are read in different orders by different programs, and an
order that a person would accept as well should not count as hundreds of errors. So words are
matched one to one: equal words first, then the rest by the smallest distance first. What remains
unmatched on either side counts with all its letters.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Errors:
    """Counts for one text; rates are their quotients, added up over pages first."""

    letter_errors: int
    letters: int
    word_errors: int
    words: int

    def __add__(self, other: "Errors") -> "Errors":
        return Errors(
            self.letter_errors + other.letter_errors,
            self.letters + other.letters,
            self.word_errors + other.word_errors,
            self.words + other.words,
        )

    @property
    def letter_rate(self) -> float:
        """Percent; may exceed 100 where much was read that is not there."""
        return 100 * self.letter_errors / max(1, self.letters)

    @property
    def word_rate(self) -> float:
        return 100 * self.word_errors / max(1, self.words)


NOTHING = Errors(0, 0, 0, 0)


def normal(text: str) -> str:
    """NFKC, one form of quotes and dashes, single blanks. Both texts go through it."""
    text = unicodedata.normalize("NFKC", text)
    for variants, sign in (("‘’ʼ΄´`̓", "'"), ("“”„«»", '"'), ("‐‑–—−", "-")):
        for variant in variants:
            text = text.replace(variant, sign)
    return " ".join(text.split())


def errors(truth: str, read: str) -> Errors:
    """Order-blind errors of `read` against `truth`."""
    wanted, got = normal(truth).split(), normal(read).split()
    missing = list((Counter(wanted) - Counter(got)).elements())
    surplus = list((Counter(got) - Counter(wanted)).elements())
    letters = sum(map(len, wanted))
    return Errors(_matched_distance(missing, surplus), letters, len(missing), len(wanted))


def _matched_distance(missing: list[str], surplus: list[str]) -> int:
    pairs = []
    for i, wanted in enumerate(missing):
        for j, got in enumerate(surplus):
            longest = max(len(wanted), len(got))
            if abs(len(wanted) - len(got)) <= 0.6 * longest:
                cost = distance(wanted, got)
                if cost <= 0.6 * longest:
                    pairs.append((cost / longest, cost, i, j))
    total = 0
    left_i, left_j = set(range(len(missing))), set(range(len(surplus)))
    for _, cost, i, j in sorted(pairs):
        if i in left_i and j in left_j:
            left_i.remove(i)
            left_j.remove(j)
            total += cost
    return total + _length(missing, left_i) + _length(surplus, left_j)


def _length(words: list[str], chosen: Iterable[int]) -> int:
    return sum(len(words[index]) for index in chosen)


def distance(one: str, other: str) -> int:
    """Levenshtein's distance, by Myers' bit vectors (J. ACM 46, 1999)."""
    if not one or not other:
        return max(len(one), len(other))
    places: dict[str, int] = {}
    for index, char in enumerate(one):
        places[char] = places.get(char, 0) | 1 << index
    mask, last = (1 << len(one)) - 1, 1 << len(one) - 1
    plus, minus, score = mask, 0, len(one)
    for char in other:
        equal = places.get(char, 0)
        vertical = equal | minus
        horizontal = (((equal & plus) + plus) ^ plus) | equal
        up, down = minus | ~(horizontal | plus), plus & horizontal
        if up & last:
            score += 1
        elif down & last:
            score -= 1
        up = up << 1 | 1
        down <<= 1
        plus = (down | ~(vertical | up)) & mask
        minus = up & vertical & mask
    return score


def fields_found(fields: Iterable[str], read: str) -> int:
    """How many of the key values (numbers, dates, codes) stand in the text letter by letter."""
    text = normal(read).replace(" ", "")
    return sum(1 for field in fields if normal(field).replace(" ", "") in text)
