"""/api/v1/residents: the register of residents, replaced as a whole by another system."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api.deps import TheOffice
from api.v1.fields import Body
from api.v1.reads import ReadRoute
from api.v1.security import Administrator
from api.v1.submission import Submitted, request_body
from docflow.i18n import t
from docflow.service_acts import BadResidents, residents

router = APIRouter(prefix="/residents", tags=["services"], route_class=ReadRoute)


class NewResidentList(Body):
    """What is said beside the file."""

    removal_is_meant: bool = Field(
        False, description="The list is whole, although many who stood in the last one are missing."
    )


class ResidentList(BaseModel):
    """A list that was given, by its counts; nobody in it is named."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    file_name: str = Field(examples=["katoikoi.csv"])
    file_sha256: str
    rows: int = Field(examples=[41200])
    entered: int = Field(examples=[312])
    changed: int = Field(examples=[97])
    removed: int = Field(examples=[188])
    taken_by: str
    taken_at: datetime


class ResidentLists(BaseModel):
    residents: int = Field(description="How many stand in the register now.", examples=[41200])
    items: list[ResidentList]


@router.get("/lists")
def listing(by: Administrator, office: TheOffice) -> ResidentLists:
    """The lists that were given, the newest first (administrators)."""
    with office.db.read() as session:
        found = residents.lists(session, by=by)
        return ResidentLists(
            residents=residents.count(session, by.body_id),
            items=[ResidentList.model_validate(one) for one in found],
        )


@router.post(
    "/lists",
    status_code=201,
    openapi_extra=request_body(NewResidentList, files="The whole register as CSV or XLSX."),
)
def take(sent: Submitted, by: Administrator, office: TheOffice) -> ResidentList:
    """Let a list hold from now on: it replaces the one before, or changes nothing."""
    said = sent.body(NewResidentList)
    if len(sent.files) != 1:
        raise BadResidents(t("Send the register of residents as one file."))
    file = sent.files[0]
    taken = residents.take_stream(
        office,
        file.file,
        name=file.filename or "",
        by=by,
        removal_is_meant=said.removal_is_meant,
    )
    return ResidentList.model_validate(taken)
