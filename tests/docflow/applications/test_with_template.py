"""An application whose kind of document has a process of the office's own."""

from sqlalchemy import select

from docflow import kinds, processes
from docflow.office import Office
from docflow.processes import ProcessInstance
from docflow.services.models import Service
from tests.docflow.applications import forms
from tests.docflow.processes.drawing import START, drawn, end, user
from tests.factories import Town
from tests.filing import filed

LOOK = drawn(
    START,
    user("look", "unit", label="Εξέταση"),
    end(),
    flows=["start look", "look end"],
    process="office_look",
)


def test_an_application_follows_the_process_of_its_service_alone(
    office: Office, town: Town
) -> None:
    version = forms.offered(office, town)
    with office.db.begin() as session:
        by = town.person(session, "administrator")
        kind_id = session.scalars(select(Service.kind_id).where(Service.code == version.code)).one()
        code = session.scalars(select(kinds.Kind.code).where(kinds.Kind.id == kind_id)).one()
        processes.templates.deploy(session, LOOK, by=by)
        processes.tie(session, code, "office_look", by=by)
    made = filed(office, version, forms.TYPED)
    with office.db.begin() as session:
        found = session.scalars(select(ProcessInstance)).all()
        assert [(one.subject_type, one.subject_id) for one in found] == [("application", made.id)]
