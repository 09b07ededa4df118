"""A step of a chain of signatures, as it is sent and answered."""

from typing import Annotated

from pydantic import Field

from api.v1.fields import Body, Id
from docflow import circulation


class ChainStepBody(Body):
    """A step of a chain: `rank` from 1; steps of one rank have their turn together."""

    rank: Annotated[int, Field(ge=1, le=1000)]
    kind: circulation.StepKind
    who: circulation.Who = circulation.Who.PERSON
    user_id: Id | None = Field(None, description="Where `who` is `person`.")
    rule: circulation.Rule = Field(
        circulation.Rule.ALL, description="Whether all of the rank must sign, or one suffices."
    )

    def step(self) -> circulation.ChainStep:
        return circulation.ChainStep(self.rank, self.kind, self.who, self.user_id, self.rule)

    @classmethod
    def of(cls, step: circulation.ChainStep) -> "ChainStepBody":
        return cls(
            rank=step.rank, kind=step.kind, who=step.who, user_id=step.user_id, rule=step.rule
        )
