"""What past entries taught: a linear model over the pieces of words, and its guesses.

A model is vocabulary, weights and a threshold, kept as arrays (numpy's own format, no pickle: what
lies in the store is data and is never run). Guessing needs numpy only; training is in `training`.
"""

import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import documents
from docflow.folding import words
from docflow.office import Office
from docflow.understanding.models import Learned, LearnedState, Target

_SIZES = (3, 4, 5)
MAX_TEXT = 2_500  # characters of a document that are looked at: the head and what it is about
Floats = NDArray[np.float32]


def pieces(text: str) -> Iterator[str]:
    """The folded words of a text cut into pieces of three to five letters, edges marked.

    Pieces, because Greek words change at their end and scans change any of their letters.
    """
    for word in words(text[:MAX_TEXT]):
        if word.isdigit():
            continue
        edged = f" {word} "
        for size in _SIZES:
            for start in range(max(1, len(edged) - size + 1)):
                yield edged[start : start + size]


@dataclass(frozen=True)
class Guess:
    """One of the classes, and how often such guesses were right when they were tested."""

    value: str
    confidence: float


@dataclass(frozen=True)
class Model:
    """A trained model; guesses less sure than `threshold` are not made."""

    classes: tuple[str, ...]
    vocabulary: tuple[str, ...]
    idf: Floats
    weights: Floats  # classes x vocabulary
    bias: Floats
    threshold: float

    @cached_property
    def _place(self) -> Mapping[str, int]:
        return {piece: place for place, piece in enumerate(self.vocabulary)}

    def guess(self, text: str) -> Guess | None:
        """The most likely class; None where it is not sure enough, or nothing is known."""
        counts = Counter(self._place[piece] for piece in pieces(text) if piece in self._place)
        if not counts:
            return None
        columns = np.fromiter(counts.keys(), dtype=np.int64)
        values = 1.0 + np.log(np.fromiter(counts.values(), dtype=np.float32))
        values *= self.idf[columns]
        values /= np.linalg.norm(values)
        scores = self.weights[:, columns] @ values + self.bias
        shares = np.exp(scores - scores.max())
        shares /= shares.sum()
        best = int(shares.argmax())
        if shares[best] < self.threshold:
            return None
        return Guess(self.classes[best], round(min(0.99, float(shares[best])), 3))


def packed(model: Model) -> bytes:
    """The model as bytes for the store."""
    told = {"classes": model.classes, "vocabulary": model.vocabulary, "threshold": model.threshold}
    data = io.BytesIO()
    np.savez_compressed(
        data,
        told=np.frombuffer(json.dumps(told, ensure_ascii=False).encode(), dtype=np.uint8),
        idf=model.idf,
        weights=model.weights.astype(np.float16),
        bias=model.bias,
    )
    return data.getvalue()


def unpacked(data: bytes) -> Model:
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        told = json.loads(arrays["told"].tobytes())
        return Model(
            classes=tuple(told["classes"]),
            vocabulary=tuple(told["vocabulary"]),
            idf=arrays["idf"],
            weights=arrays["weights"].astype(np.float32),
            bias=arrays["bias"],
            threshold=float(told["threshold"]),
        )


def newest(session: Session, body_id: int, target: Target) -> Learned | None:
    """The last training of a body; it holds, also where it found too little to learn from."""
    return session.scalar(
        select(Learned)
        .where(Learned.body_id == body_id, Learned.target == target)
        .order_by(Learned.id.desc())
        .limit(1)
    )


_kept: dict[str, Model] = {}  # by digest; a process guesses with few models, one a body and target
_MOST_KEPT = 6


def models(office: Office, body_id: int) -> dict[Target, Model]:
    """The models that hold for a body. A store that does not answer means: no guesses now."""
    with office.db.read() as session:
        rows = {target: newest(session, body_id, target) for target in Target}
    found = {}
    for target, row in rows.items():
        if row is not None and row.state == LearnedState.READY and row.sha256 is not None:
            model = _model(office, row.sha256)
            if model is not None:
                found[target] = model
    return found


def _model(office: Office, sha256: str) -> Model | None:
    if sha256 not in _kept:
        try:
            data = documents.read_bytes(office, sha256)
        except (documents.BytesMissing, documents.StoreUnavailable):
            return None  # proposals help; without them the form works as ever
        while len(_kept) >= _MOST_KEPT:
            _kept.pop(next(iter(_kept)))
        _kept[sha256] = unpacked(data)
    return _kept[sha256]
