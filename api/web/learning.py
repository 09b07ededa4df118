"""What past entries taught, and what became of proposals: the administrator's page."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from api.deps import CurrentUser, TheOffice
from api.web.render import page
from docflow import understanding
from docflow.understanding import outcomes, trainings

router = APIRouter()


@router.get("/learning")
def show(request: Request, by: CurrentUser, office: TheOffice) -> Response:
    """The models that hold, with their figures, and how often proposals were taken."""
    with office.db.read() as session:
        found = trainings.trained(session, by=by)
        tallies = outcomes.tallies(session, by=by)
        waits = trainings.is_waiting(session)
    return page(
        request,
        "web/reading/learning.html",
        trained={one.target: one for one in found},
        targets=list(understanding.Target),
        tallies=tallies,
        waits=waits,
        days=outcomes.DAYS,
    )


@router.post("/learning/train")
def train(by: CurrentUser, office: TheOffice) -> Response:
    """Train now. A training that is going on already is as good."""
    try:
        with office.db.begin() as session:
            trainings.ask(session, by=by)
    except understanding.TrainingAlready:
        pass
    return RedirectResponse("/learning?done=training", 303)
