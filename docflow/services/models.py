"""Services of a body, their versions with every file, and what the office writes about them.

A version is a folder as it was loaded and is written once: an application stays on the version
under which it was filed. What changes beside it is which version holds, and whose unit it is.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from docflow import clock
from docflow.db import Base, one_of


class Act(StrEnum):
    """What was done with a service as a whole."""

    DEPLOYED = "deployed"
    WITHDRAWN = "withdrawn"


class ArticleKind(StrEnum):
    """What the office writes beside its services."""

    QUESTION = "question"  # asked often; shown to everybody
    KNOWLEDGE = "knowledge"  # for those who answer at the counter and on the phone
    LIFE = "life"  # a life situation, which leads to services


class Service(Base):
    """A service of a body by its code. `deployed_id` is the version for new applications."""

    __tablename__ = "services"
    __table_args__ = (
        UniqueConstraint("body_id", "code"),
        CheckConstraint(
            "withdrawn_at IS NULL OR deployed_id IS NOT NULL", name="withdrawn_was_deployed"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    code: Mapped[str]
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    kind_id: Mapped[int | None] = mapped_column(ForeignKey("kinds.id"))
    deployed_id: Mapped[int | None] = mapped_column(
        ForeignKey("service_versions.id", use_alter=True)
    )
    deployed_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    vector: Mapped[str] = mapped_column(TSVECTOR, server_default=text("''"), deferred=True)


class Version(Base):
    """A folder as it was loaded: number 1, 2 … of its service. Written once."""

    __tablename__ = "service_versions"
    __table_args__ = (
        UniqueConstraint("service_id", "number"),
        UniqueConstraint("service_id", "digest"),
        CheckConstraint("(form IS NULL) = (process = '')", name="form_with_process"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    service_id: Mapped[int] = mapped_column(ForeignKey("services.id"))
    number: Mapped[int]
    digest: Mapped[str]
    service: Mapped[dict[str, Any]]
    form: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    process: Mapped[str]
    fee: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    loaded_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    loaded_at: Mapped[datetime] = mapped_column(default=clock.now)


class VersionFile(Base):
    """A file of a version's folder; its bytes are in the store. Written once."""

    __tablename__ = "service_files"

    version_id: Mapped[int] = mapped_column(ForeignKey("service_versions.id"), primary_key=True)
    path: Mapped[str] = mapped_column(primary_key=True)
    sha256: Mapped[str]
    size: Mapped[int]


class Deployment(Base):
    """When which version began to hold, or the service was withdrawn. Written once."""

    __tablename__ = "service_deployments"
    __table_args__ = (one_of("act", Act), Index(None, "service_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    service_id: Mapped[int] = mapped_column(ForeignKey("services.id"))
    version_id: Mapped[int] = mapped_column(ForeignKey("service_versions.id"))
    act: Mapped[str]
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    reason: Mapped[str]
    done_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    done_at: Mapped[datetime] = mapped_column(default=clock.now)


class Wording(Base):
    """What the office says of a version in place of its folder: the keys of `service.json` that
    are words. The last number holds. Written once.
    """

    __tablename__ = "service_wordings"

    version_id: Mapped[int] = mapped_column(ForeignKey("service_versions.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    words: Mapped[dict[str, Any]]
    written_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    written_at: Mapped[datetime] = mapped_column(default=clock.now)


class Article(Base):
    """A question, a piece of the knowledge base or a life situation.

    It is about a service (by its code: it stays when the service gets a new version), a unit, or
    the body as a whole.
    """

    __tablename__ = "service_articles"
    __table_args__ = (
        one_of("kind", ArticleKind),
        UniqueConstraint("body_id", "code"),
        CheckConstraint("(kind = 'life') = (code IS NOT NULL)", name="life_has_code"),
        Index(None, "service_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    kind: Mapped[str]
    code: Mapped[str | None]
    service_id: Mapped[int | None] = mapped_column(ForeignKey("services.id"))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    version: Mapped[int]
    withdrawn_at: Mapped[datetime | None]
    vector: Mapped[str] = mapped_column(TSVECTOR, server_default=text("''"), deferred=True)


class ArticleVersion(Base):
    """An article as somebody wrote it: {"el": {"title", "text"}, …}. Written once."""

    __tablename__ = "service_article_versions"

    article_id: Mapped[int] = mapped_column(ForeignKey("service_articles.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    words: Mapped[dict[str, Any]]
    written_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    written_at: Mapped[datetime] = mapped_column(default=clock.now)
