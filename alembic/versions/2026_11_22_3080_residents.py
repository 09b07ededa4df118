"""The register of residents, and the certificates that processes issue.

Revision ID: 0035
Revises: 0034
"""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

APPLICATION = "docflow_app"


def upgrade() -> None:
    op.create_table(
        "resident_lists",
        sa.Column("id", sa.BigInteger(), primary_key=True),
        sa.Column("body_id", sa.BigInteger(), sa.ForeignKey("bodies.id"), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("file_sha256", sa.Text(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("entered", sa.BigInteger(), nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.Column("removed", sa.BigInteger(), nullable=False),
        sa.Column("taken_by", sa.BigInteger(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("rows > 0", name="has_rows"),
    )
    op.create_index(op.f("ix_resident_lists_body_id"), "resident_lists", ["body_id"])
    op.create_table(
        "residents",
        sa.Column("id", sa.BigInteger(), primary_key=True),
        sa.Column("body_id", sa.BigInteger(), sa.ForeignKey("bodies.id"), nullable=False),
        sa.Column("person_key", sa.LargeBinary(), nullable=False),
        sa.Column("social_key", sa.LargeBinary()),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("lives_since", sa.Date(), nullable=False),
        *(
            sa.Column(name, sa.BigInteger(), sa.ForeignKey("resident_lists.id"), nullable=False)
            for name in ("list_id", "entered_list_id", "changed_list_id")
        ),
        sa.UniqueConstraint("body_id", "person_key"),
    )
    op.create_index(op.f("ix_residents_body_id_social_key"), "residents", ["body_id", "social_key"])
    op.create_index(op.f("ix_residents_body_id_list_id"), "residents", ["body_id", "list_id"])
    op.create_table(
        "issued_certificates",
        sa.Column("id", sa.BigInteger(), primary_key=True),
        sa.Column("body_id", sa.BigInteger(), sa.ForeignKey("bodies.id"), nullable=False),
        sa.Column(
            "application_id", sa.BigInteger(), sa.ForeignKey("applications.id"), nullable=False
        ),
        sa.Column("step_key", sa.Text(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), sa.ForeignKey("entries.id"), nullable=False),
        sa.Column("sha256", sa.Text()),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True)),
        sa.UniqueConstraint("step_key"),
    )
    op.create_index(
        op.f("ix_issued_certificates_application_id"), "issued_certificates", ["application_id"]
    )
    op.execute(
        f"GRANT SELECT, INSERT, UPDATE ON resident_lists, issued_certificates TO {APPLICATION}"
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON residents TO {APPLICATION}")
    op.execute(
        f"GRANT USAGE ON SEQUENCE resident_lists_id_seq, residents_id_seq, "
        f"issued_certificates_id_seq TO {APPLICATION}"
    )


def downgrade() -> None:
    op.drop_table("issued_certificates")
    op.drop_table("residents")
    op.drop_table("resident_lists")
