"""An erasure reaches what the services for citizens keep of an entry.

Revision ID: 0037
Revises: 0036
"""

from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

GONE = "(διαγράφηκε)"
_OF_APPLICATION = "application_id IN (SELECT id FROM applications WHERE entry_id = $1)"


def _words(*columns: str) -> str:
    """What was written becomes a mark, what was empty stays so: constraints ask which it was."""
    return ", ".join(f"{one} = CASE {one} WHEN '' THEN '' ELSE '{GONE}' END" for one in columns)


# Table, its rows ($1 is the entry), and what they become.
ERASED = (
    ("application_keys", _OF_APPLICATION, "key_digest = md5(application_id::text)"),
    ("application_messages", _OF_APPLICATION, f"text = '{GONE}'"),
    ("application_supplements", _OF_APPLICATION, f"text = '{GONE}', {_words('answer')}"),
    (
        "applications",
        "entry_id = $1",
        f"full_name = '{GONE}', tax_number = '', proven_tax_number = '', email = '', phone = '', "
        "filed_by = '', values = '{}', files = '[]', secret_nonce = '', secret_digests = '[]', "
        f"{_words('outcome_note', 'withdrawal_reason')}",
    ),
    (
        "appointments",
        "entry_id = $1",
        f"full_name = '{GONE}', email = '', phone = '', {_words('subject', 'reason')}",
    ),
    (
        "contacts",
        "entry_id = $1",
        f"full_name = '', phone = '', email = '', {_words('subject', 'note')}",
    ),
    (
        "process_instances",
        "entry_id = $1",
        f"data = '{{}}', reason = '', {_words('problem')}",
    ),
    (
        "process_tasks",
        "instance_id IN (SELECT id FROM process_instances WHERE entry_id = $1)",
        _words("problem"),
    ),
    (
        "publications",
        "entry_id = $1",
        f"subject = '{GONE}', folded = '', {_words('withdrawal_reason')}",
    ),
)


def upgrade() -> None:
    acts = "\n".join(
        f"ALTER TABLE {table} DISABLE TRIGGER USER;\n"
        f"EXECUTE $act$UPDATE {table} SET {changes} WHERE {whose}$act$ USING entry;\n"
        f"ALTER TABLE {table} ENABLE TRIGGER USER;"
        for table, whose, changes in ERASED
    )
    op.execute(
        f"""
        CREATE FUNCTION also_erase_services(entry bigint) RETURNS void
        LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
        BEGIN
            {acts}
        END $$
        """
    )
    op.execute("REVOKE ALL ON FUNCTION also_erase_services(bigint) FROM PUBLIC")


def downgrade() -> None:
    op.execute("DROP FUNCTION also_erase_services(bigint)")
