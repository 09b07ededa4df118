"""Services: the catalogue, versions of folders, and what the office writes beside them.

Revision ID: 0030
Revises: 0029
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

APPLICATION = "docflow_app"
WRITTEN_ONCE = (
    "service_versions",
    "service_files",
    "service_deployments",
    "service_wordings",
    "service_article_versions",
)


def upgrade() -> None:
    _services()
    _articles()
    for table in WRITTEN_ONCE:
        op.execute(
            f"CREATE TRIGGER written_once BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    op.execute(
        f"""
        GRANT SELECT, INSERT ON {", ".join(WRITTEN_ONCE)} TO {APPLICATION};
        GRANT SELECT, INSERT, UPDATE ON services, service_articles TO {APPLICATION};
        GRANT USAGE ON SEQUENCE services_id_seq, service_versions_id_seq,
            service_deployments_id_seq, service_articles_id_seq TO {APPLICATION};
        """
    )


def downgrade() -> None:
    op.drop_table("service_article_versions")
    op.drop_table("service_articles")
    op.drop_table("service_wordings")
    op.drop_table("service_deployments")
    op.drop_table("service_files")
    op.drop_constraint(op.f("fk_services_deployed_id"), "services", type_="foreignkey")
    op.drop_table("service_versions")
    op.drop_table("services")


def _services() -> None:
    op.create_table(
        "services",
        _id(),
        _to("body_id", "bodies.id"),
        sa.Column("code", sa.Text(), nullable=False),
        _to("unit_id", "units.id", nullable=True),
        _to("kind_id", "kinds.id", nullable=True),
        sa.Column("deployed_id", sa.BigInteger(), nullable=True),
        _when("deployed_at", nullable=True),
        _when("withdrawn_at", nullable=True),
        _vector(),
        sa.CheckConstraint(
            "withdrawn_at IS NULL OR deployed_id IS NOT NULL", name="withdrawn_was_deployed"
        ),
        sa.UniqueConstraint("body_id", "code"),
    )
    op.create_table(
        "service_versions",
        _id(),
        _to("service_id", "services.id"),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("service", postgresql.JSONB(), nullable=False),
        sa.Column("form", postgresql.JSONB(), nullable=True),
        sa.Column("process", sa.Text(), nullable=False),
        sa.Column("fee", postgresql.JSONB(), nullable=True),
        _to("loaded_by", "users.id", nullable=True),
        _when("loaded_at"),
        sa.CheckConstraint("(form IS NULL) = (process = '')", name="form_with_process"),
        sa.UniqueConstraint("service_id", "number"),
        sa.UniqueConstraint("service_id", "digest"),
    )
    op.create_foreign_key(
        op.f("fk_services_deployed_id"), "services", "service_versions", ["deployed_id"], ["id"]
    )
    op.create_table(
        "service_files",
        sa.Column(
            "version_id", sa.BigInteger(), sa.ForeignKey("service_versions.id"), primary_key=True
        ),
        sa.Column("path", sa.Text(), primary_key=True),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "service_deployments",
        _id(),
        _to("service_id", "services.id"),
        _to("version_id", "service_versions.id"),
        sa.Column("act", sa.Text(), nullable=False),
        _to("unit_id", "units.id", nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        _to("done_by", "users.id", nullable=True),
        _when("done_at"),
        sa.CheckConstraint("act IN ('deployed', 'withdrawn')", name="act_known"),
    )
    op.create_index(
        op.f("ix_service_deployments_service_id"), "service_deployments", ["service_id"]
    )
    op.create_table(
        "service_wordings",
        sa.Column(
            "version_id", sa.BigInteger(), sa.ForeignKey("service_versions.id"), primary_key=True
        ),
        sa.Column("number", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("words", postgresql.JSONB(), nullable=False),
        _to("written_by", "users.id", nullable=True),
        _when("written_at"),
    )


def _articles() -> None:
    op.create_table(
        "service_articles",
        _id(),
        _to("body_id", "bodies.id"),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        _to("service_id", "services.id", nullable=True),
        _to("unit_id", "units.id", nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        _when("withdrawn_at", nullable=True),
        _vector(),
        sa.CheckConstraint("kind IN ('question', 'knowledge', 'life')", name="kind_known"),
        sa.CheckConstraint("(kind = 'life') = (code IS NOT NULL)", name="life_has_code"),
        sa.UniqueConstraint("body_id", "code"),
    )
    op.create_index(op.f("ix_service_articles_service_id"), "service_articles", ["service_id"])
    op.create_table(
        "service_article_versions",
        sa.Column(
            "article_id", sa.BigInteger(), sa.ForeignKey("service_articles.id"), primary_key=True
        ),
        sa.Column("version", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("words", postgresql.JSONB(), nullable=False),
        _to("written_by", "users.id", nullable=True),
        _when("written_at"),
    )


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), primary_key=True)


def _to(name: str, target: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), sa.ForeignKey(target), nullable=nullable)


def _when(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _vector() -> sa.Column[str]:
    return sa.Column("vector", postgresql.TSVECTOR(), nullable=False, server_default=sa.text("''"))
