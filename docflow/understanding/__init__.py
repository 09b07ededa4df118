"""Understanding documents: proposals for the clerk's form, what past entries teach, the look at
what was read.

Nothing here is applied by itself: a proposal stands under its field until a person takes it.
"""

from docflow.understanding import looking, outcomes, reading_ahead, trainings
from docflow.understanding.kinded import with_kind
from docflow.understanding.looking import (
    DOUBTFUL,
    Level,
    NoSuchPage,
    PageSeen,
    ToCheck,
)
from docflow.understanding.models import (
    AheadState,
    Fate,
    Learned,
    LearnedState,
    PageCheck,
    ProposalOutcome,
    ReadAhead,
    Target,
)
from docflow.understanding.outcomes import Shown, Tally
from docflow.understanding.proposing import Known, Proposal, Proposals, Source, propose
from docflow.understanding.reading_ahead import Ahead, NoSuchReading
from docflow.understanding.service import of_ahead, of_entry, of_pages
from docflow.understanding.trainings import Trained, TrainingAlready

__all__ = [
    "DOUBTFUL",
    "Ahead",
    "AheadState",
    "Fate",
    "Known",
    "Learned",
    "LearnedState",
    "Level",
    "NoSuchPage",
    "NoSuchReading",
    "PageCheck",
    "PageSeen",
    "Proposal",
    "ProposalOutcome",
    "Proposals",
    "ReadAhead",
    "Shown",
    "Source",
    "Tally",
    "Target",
    "ToCheck",
    "Trained",
    "TrainingAlready",
    "looking",
    "of_ahead",
    "of_entry",
    "of_pages",
    "outcomes",
    "propose",
    "reading_ahead",
    "trainings",
    "with_kind",
]
