"""Learning the unit and the kind of a document from past entries, and testing what was learned.

TF-IDF over pieces of words and a linear model (scikit-learn); tested by cross-validation, each
entry guessed by a model that has not seen it. A guess is only shown above the probability
from which on nine of ten were right. Too few entries give no model, and say so.

This module alone imports scikit-learn, and is imported by the job that trains.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline

from docflow.understanding.learning import Model, pieces

FEWEST, FEWEST_OF_CLASS = 60, 6  # entries in all, and of a class that is to be learned
WANTED = 0.9  # share of guesses shown that must be right
FEWEST_GOOD = 10  # guesses on which such a share is worth anything
_FOLDS, _FEATURES, _SEED = 5, 30_000, 20_261_122


@dataclass(frozen=True, slots=True)
class ClassFigures:
    value: str
    examples: int
    recall: float
    precision: float


@dataclass(frozen=True, slots=True)
class Figures:
    """What cross-validation found; shares from 0 to 1.

    `accuracy` counts every entry, `majority` what guessing the most frequent class always would
    give; of the guesses sure enough to be shown, `precision` were right, and `coverage` is how
    many of all entries got one.
    """

    accuracy: float
    majority: float
    threshold: float
    precision: float
    coverage: float
    left_out: int  # entries of classes that have too few
    classes: tuple[ClassFigures, ...]

    def as_json(self) -> dict[str, object]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Example:
    text: str
    value: str


def train(examples: Sequence[Example]) -> tuple[Model, Figures] | None:
    """A model and what it is worth; None where there is too little to learn from."""
    counted = Counter(example.value for example in examples)
    known = {value for value, count in counted.items() if count >= FEWEST_OF_CLASS}
    used = [example for example in examples if example.value in known]
    if len(used) < FEWEST or len(known) < 2:
        return None
    texts = [example.text for example in used]
    values = np.array([example.value for example in used])
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=_SEED)
    learner = make_pipeline(_vectorizer(), _classifier())
    shares = cross_val_predict(learner, texts, values, cv=folds, method="predict_proba")
    classes = np.unique(values)
    guessed, sure = classes[shares.argmax(axis=1)], shares.max(axis=1)
    figures = _figures(values, guessed, sure, left_out=len(examples) - len(used))
    learner.fit(texts, values)
    vectorizer, classifier = learner[0], learner[1]
    weights, bias = classifier.coef_, classifier.intercept_
    if (
        len(classes) == 2
    ):  # scikit-learn keeps one row for two classes: the second against the first
        weights, bias = (
            np.vstack([-weights / 2, weights / 2]),
            np.concatenate([-bias / 2, bias / 2]),
        )
    model = Model(
        classes=tuple(str(value) for value in classifier.classes_),
        vocabulary=tuple(vectorizer.get_feature_names_out()),
        idf=vectorizer.idf_.astype(np.float32),
        weights=weights.astype(np.float32),
        bias=bias.astype(np.float32),
        threshold=figures.threshold,
    )
    return model, figures


def _vectorizer() -> TfidfVectorizer:
    return TfidfVectorizer(
        analyzer=_pieces, sublinear_tf=True, max_features=_FEATURES, min_df=2, dtype=np.float32
    )


def _pieces(text: str) -> list[str]:
    return list(pieces(text))


def _classifier() -> LogisticRegression:
    return LogisticRegression(C=30.0, class_weight="balanced", max_iter=300, tol=1e-3)


def _figures(
    values: np.ndarray, guessed: np.ndarray, sure: np.ndarray, *, left_out: int
) -> Figures:
    right = guessed == values
    threshold = _threshold(right, sure)
    shown = sure >= threshold
    counted = Counter(values.tolist())
    return Figures(
        accuracy=_share(right),
        majority=round(max(counted.values()) / len(values), 4),
        threshold=threshold,
        precision=_share(right[shown]),
        coverage=_share(shown),
        left_out=left_out,
        classes=tuple(
            ClassFigures(
                value=value,
                examples=count,
                recall=_share(right[values == value]),
                precision=_share(right[guessed == value]),
            )
            for value, count in counted.most_common()
        ),
    )


def _threshold(right: np.ndarray, sure: np.ndarray) -> float:
    """The lowest probability from which on enough guesses were right; above 1 where none is."""
    order = np.argsort(-sure)
    precision = np.cumsum(right[order]) / np.arange(1, len(right) + 1)
    good = np.flatnonzero(precision >= WANTED)
    good = good[good >= min(FEWEST_GOOD, len(right)) - 1]
    if not len(good):
        return 1.01
    return round(float(np.floor(sure[order][good[-1]] * 1000) / 1000), 3)


def _share(right: np.ndarray) -> float:
    return round(float(right.mean()), 4) if len(right) else 0.0
