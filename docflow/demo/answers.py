"""Answers of today: one being written, others waiting for a signature, returned, sent, picked up.

Signatures bear true time-stamps, so this part happens now and not in the past.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import circulation, citizens, dispatch, outbox, registry
from docflow.circulation import Channel, Content, DraftState
from docflow.demo.house import House
from docflow.demo.people import KEY_PASSWORD
from docflow.demo.texts import ANSWERS, Answer, Reach
from docflow.office import Office
from docflow.principal import Principal

_LINK = re.compile(r"/pickup/(\S+)")
_CODE = re.compile(r"(?m)^\D*:\s*(\d{8})\s*$")


def begin(house: House, answer: Answer, drafts: dict[str, int]) -> Callable[[Session, int], None]:
    """The act of the past with which the answer was begun; notes the draft under its key."""
    by = house.people[answer.drafter]

    def act(session: Session, entry_id: int) -> None:
        entry = registry.get(session, entry_id, by=by)
        inherited = circulation.suggested_content(session, entry, channel=answer.channel)
        content = Content(
            subject=answer.subject,
            recipient=inherited.recipient,
            channel=answer.channel,
            copies_to=answer.copies_to,
            body=answer.body,
        )
        drafts[answer.key] = circulation.begin_answer(session, entry_id, content, by=by).id

    return act


@dataclass
class Answering:
    """Takes the drafts as far as their answers say."""

    office: Office
    house: House
    progress: Callable[[str], None]

    def go_on(self, drafts: Mapping[str, int]) -> None:
        for answer in ANSWERS:
            if answer.key in drafts and answer.reach > Reach.WRITTEN:
                self.progress(f"{answer.drafter}: {answer.subject}")
                self._circulate(answer, drafts[answer.key])
        self._run("circulation.issue")
        self._run("messages.send")
        for answer in ANSWERS:
            if answer.key in drafts and answer.reach is Reach.DELIVERED:
                self._deliver(answer, drafts[answer.key])

    def _circulate(self, answer: Answer, draft_id: int) -> None:
        drafter = self.house.people[answer.drafter]
        final = self.house.people[answer.signer]
        circulation.circulate(self.office, draft_id, by=drafter, final_signer_id=final.person_id)
        with self.office.db.read() as session:
            plan = [
                self._person(step.person)
                for step in circulation.steps(
                    session, circulation.get(session, draft_id, by=drafter), by=drafter
                )
            ]
        signing = {
            Reach.OWN_SIGNATURE: 0,
            Reach.WITH_HEAD: 1,
            Reach.RETURNED: 1,
            Reach.WITH_MAYOR: len(plan) - 1,
        }.get(answer.reach, len(plan))
        for person in plan[:signing]:
            secrets = circulation.Secrets(password=KEY_PASSWORD)
            circulation.sign(self.office, draft_id, by=person, secrets=secrets)
        if answer.reach is Reach.RETURNED:
            with self.office.db.begin() as session:
                circulation.send_back(session, draft_id, by=plan[1], reason=answer.reason)

    def _person(self, name: str) -> Principal:
        return next(p for p in self.house.people.values() if p.full_name == name)

    def _run(self, task: str) -> None:
        """Do the waiting jobs of this name now; what fails waits for the worker as ever."""
        with self.office.db.read() as session:
            jobs = session.scalars(
                select(outbox.Job.id)
                .where(outbox.Job.task == task, outbox.Job.state == outbox.JobState.WAITING)
                .order_by(outbox.Job.id)
            ).all()
        for job_id in jobs:
            outbox.run(self.office, job_id)

    def _deliver(self, answer: Answer, draft_id: int) -> None:
        clerk = self.house.clerks()[0]
        with self.office.db.begin() as session:
            draft = session.get_one(circulation.Draft, draft_id)
            if draft.state != DraftState.ISSUED or draft.entry_id is None:
                return  # the sealing waits for a service; the worker will do it
            if answer.channel is Channel.PICKUP:
                self._pick_up(session, draft.recipient_email)
            else:
                for delivery in dispatch.deliveries(session, draft.entry_id):
                    dispatch.hand_over(session, delivery.id, by=clerk)

    def _pick_up(self, session: Session, email: str) -> None:
        """As the citizen does, with link and code of the notice; only where mail goes to files."""
        url = self.office.settings.smtp_url.get_secret_value()
        if not url.startswith("file:"):
            return
        for path in sorted(Path(url.removeprefix("file:")).glob("*.eml"), reverse=True):
            message = message_from_bytes(path.read_bytes(), policy=policy.default)
            if str(message["To"]) == email:
                text = message.get_content()
                link, code = _LINK.search(text), _CODE.search(text)
                if link and code:
                    citizens.try_code(session, link.group(1), code.group(1))
                return
