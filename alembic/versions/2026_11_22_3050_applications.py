"""Applications: drafts of citizens, what they filed, supplements and messages about it.

Revision ID: 0032
Revises: 0031
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

APPLICATION = "docflow_app"
TABLES = (
    "application_drafts",
    "application_draft_files",
    "applications",
    "application_keys",
    "application_supplements",
    "application_messages",
    "application_message_files",
)


def _id() -> sa.Column[object]:
    return sa.Column("id", sa.BigInteger(), primary_key=True)


def _to(name: str, target: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.BigInteger(), sa.ForeignKey(target), nullable=nullable)


def _when(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str, *, nullable: bool = False, default: str | None = None) -> sa.Column[object]:
    return sa.Column(name, sa.Text(), nullable=nullable, server_default=default)


def _json(name: str, *, default: str | None = None) -> sa.Column[object]:
    return sa.Column(name, JSONB(), nullable=False, server_default=default)


def upgrade() -> None:
    _drafts()
    _applications()
    _afterwards()
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON {', '.join(TABLES)} TO {APPLICATION}")
    # What was never filed is nobody's document: it goes after its 30 days.
    op.execute(f"GRANT DELETE ON application_drafts, application_draft_files TO {APPLICATION}")
    sequences = ", ".join(
        f"{table}_id_seq"
        for table in TABLES
        if table not in ("application_keys", "application_message_files")
    )
    op.execute(f"GRANT USAGE ON SEQUENCE {sequences} TO {APPLICATION}")


def _drafts() -> None:
    op.create_table(
        "application_drafts",
        _id(),
        _to("body_id", "bodies.id"),
        _to("version_id", "service_versions.id"),
        _text("service_code"),
        _text("token"),
        _text("secret_digest"),
        _to("account_id", "citizen_accounts.id", nullable=True),
        _text("language"),
        _json("typed", default="{}"),
        _when("begun_at"),
        _when("saved_at"),
        _when("expires_at"),
        _when("filed_at", nullable=True),
        sa.UniqueConstraint("token", name=op.f("uq_application_drafts_token")),
    )
    op.create_index(
        op.f("ix_application_drafts_account_id"),
        "application_drafts",
        ["account_id"],
        postgresql_where=sa.text("account_id IS NOT NULL"),
    )
    op.create_index(op.f("ix_application_drafts_expires_at"), "application_drafts", ["expires_at"])
    op.create_table(
        "application_draft_files",
        _id(),
        _to("draft_id", "application_drafts.id"),
        _text("field"),
        _text("name"),
        _text("sha256"),
        sa.Column("size", sa.BigInteger(), nullable=False),
        _text("media_type"),
        sa.Column("waits_for_check", sa.Boolean(), server_default=sa.false(), nullable=False),
        _when("added_at"),
        sa.UniqueConstraint(
            "draft_id",
            "field",
            "sha256",
            name=op.f("uq_application_draft_files_draft_id_field_sha256"),
        ),
    )


def _applications() -> None:
    op.create_table(
        "applications",
        _id(),
        _to("body_id", "bodies.id"),
        _to("entry_id", "entries.id"),
        _to("draft_id", "application_drafts.id"),
        _to("version_id", "service_versions.id"),
        _text("service_code"),
        _to("unit_id", "units.id"),
        _to("account_id", "citizen_accounts.id", nullable=True),
        _to("representation_id", "citizen_representations.id", nullable=True),
        _to("party_id", "parties.id", nullable=True),
        _text("full_name"),
        _text("tax_number"),
        _text("proven_tax_number"),
        _text("email"),
        _text("phone"),
        _text("filed_by"),
        _text("language"),
        _text("channel"),
        _text("level"),
        _json("values"),
        _json("files"),
        _text("secret_nonce"),
        _json("secret_digests"),
        _when("filed_at"),
        _text("state", default="running"),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        _text("outcome", nullable=True),
        _text("outcome_note", default=""),
        _when("ended_at", nullable=True),
        _when("withdrawn_at", nullable=True),
        _text("withdrawal_reason", default=""),
        _when("citizen_read_at", nullable=True),
        _when("office_read_at", nullable=True),
        sa.UniqueConstraint("entry_id", name=op.f("uq_applications_entry_id")),
        sa.UniqueConstraint("draft_id", name=op.f("uq_applications_draft_id")),
        sa.CheckConstraint(
            "state IN ('running', 'waiting', 'ended', 'withdrawn')", name="state_known"
        ),
        sa.CheckConstraint(
            "outcome IS NULL OR outcome IN ('done', 'granted', 'refused')", name="outcome_known"
        ),
        sa.CheckConstraint("(state = 'ended') = (ended_at IS NOT NULL)", name="end_has_time"),
        sa.CheckConstraint(
            "(state = 'withdrawn') = (withdrawn_at IS NOT NULL)", name="withdrawal_has_time"
        ),
    )
    indexes: list[tuple[list[str], str | None]] = [
        (["account_id", "filed_at"], None),
        (["party_id"], None),
        (["body_id", "filed_at"], None),
        (["body_id", "tax_number"], "tax_number <> ''"),
        (["body_id", "email"], "email <> ''"),
    ]
    for columns, where in indexes:
        op.create_index(
            op.f(f"ix_applications_{'_'.join(columns)}"),
            "applications",
            columns,
            postgresql_where=sa.text(where) if where else None,
        )
    op.create_table(
        "application_keys",
        # Deferred: what makes two applications one is held before there is the second.
        sa.Column(
            "application_id",
            sa.BigInteger(),
            sa.ForeignKey("applications.id", deferrable=True, initially="DEFERRED"),
            primary_key=True,
        ),
        _to("body_id", "bodies.id"),
        _text("service_code"),
        _text("key_digest"),
        _when("released_at", nullable=True),
    )
    op.create_index(
        "ux_application_keys_open",
        "application_keys",
        ["body_id", "service_code", "key_digest"],
        unique=True,
        postgresql_where=sa.text("released_at IS NULL"),
    )


def _afterwards() -> None:
    op.create_table(
        "application_supplements",
        _id(),
        _to("application_id", "applications.id"),
        _text("text"),
        sa.Column("due_on", sa.Date(), nullable=False),
        _to("asked_by", "users.id", nullable=True),
        _when("asked_at"),
        sa.Column("stops_clock", sa.Boolean(), nullable=False),
        _when("answered_at", nullable=True),
        _text("answer", default=""),
        _to("answer_entry_id", "entries.id", nullable=True),
        _when("cancelled_at", nullable=True),
        _to("cancelled_by", "users.id", nullable=True),
        sa.CheckConstraint(
            "(answered_at IS NULL) = (answer_entry_id IS NULL)", name="answer_is_registered"
        ),
    )
    op.create_index(
        "ux_application_supplements_open",
        "application_supplements",
        ["application_id"],
        unique=True,
        postgresql_where=sa.text("answered_at IS NULL AND cancelled_at IS NULL"),
    )
    op.create_table(
        "application_messages",
        _id(),
        _to("application_id", "applications.id"),
        sa.Column("is_from_office", sa.Boolean(), nullable=False),
        _to("author_id", "users.id", nullable=True),
        _text("text"),
        _when("sent_at"),
        sa.CheckConstraint("is_from_office OR author_id IS NULL", name="citizen_is_no_user"),
    )
    op.create_index(
        op.f("ix_application_messages_application_id_id"),
        "application_messages",
        ["application_id", "id"],
    )
    op.create_table(
        "application_message_files",
        sa.Column("file_id", sa.BigInteger(), sa.ForeignKey("files.id"), primary_key=True),
        _to("message_id", "application_messages.id"),
    )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
