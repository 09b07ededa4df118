"""Books, policies of numbering, arrivals and reservations.

The promises of 0002 hold for the new shapes: a number is given by its series, or held by a
reservation, or shared with the document that it answers, and never skipped (domain rows 1, 9-11,
24). A year that takes over an old register accepts its numbers until it is sealed.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

APPLICATION = "docflow_app"
WRITTEN_ONCE = ("reservations", "arrivals", "arrival_ends")
METHODS = (
    "delivery_method IN ('counter', 'post', 'registered-post', 'courier', 'email', 'fax', "
    "'portal', 'system')"
)
POLICY: tuple[tuple[str, type[sa.types.TypeEngine[object]], str], ...] = (
    ("numbering", sa.Text, "common"),
    ("scheme", sa.Text, "plain"),
    ("shares_numbers", sa.Boolean, "false"),
    ("first_number", sa.BigInteger, "1"),
    ("mask", sa.Text, "{n}/{year}"),
    ("uses_arrivals", sa.Boolean, "false"),
)
POLICY_CHECKS = {
    "numbering_known": "numbering IN ('common', 'by-direction')",
    "scheme_known": "scheme IN ('plain', 'case')",
    "first_number_sane": "first_number BETWEEN 1 AND 1000000000",
    "one_series_for_cases_and_shared_numbers": (
        "numbering = 'common' OR (scheme = 'plain' AND NOT shares_numbers)"
    ),
    "cases_share_no_numbers": "scheme = 'plain' OR NOT shares_numbers",
}

# A series only moves forward, by one, one series at a time, in an open year of an open book.
GUARD_SERIES = """
CREATE OR REPLACE FUNCTION guard_series() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moved bigint;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a series is never deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        -- Who says nothing of the first number means the policy's.
        IF NEW.last_number = 0 AND NEW.last_incoming = 0 AND NEW.last_outgoing = 0
           AND NEW.last_internal = 0 THEN
            NEW.last_number := NEW.first_number - 1;
            NEW.last_incoming := NEW.last_number;
            NEW.last_outgoing := NEW.last_number;
            NEW.last_internal := NEW.last_number;
        END IF;
        IF NEW.last_number <> NEW.first_number - 1 OR NEW.last_incoming <> NEW.first_number - 1
           OR NEW.last_outgoing <> NEW.first_number - 1
           OR NEW.last_internal <> NEW.first_number - 1
           OR NEW.last_registered_at IS NOT NULL OR NEW.closed_at IS NOT NULL
           OR NEW.state = 'sealed' THEN
            RAISE EXCEPTION 'a series begins before its first number'
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.book_id <> OLD.book_id OR NEW.year <> OLD.year THEN
        RAISE EXCEPTION 'a series only moves forward, one number at a time'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.closed_at IS NOT NULL THEN
        RAISE EXCEPTION 'the series of % is closed', OLD.year
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state = 'importing' THEN
        IF NEW.state = 'open' THEN
            RAISE EXCEPTION 'a year that takes over an old register is not opened'
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.state <> OLD.state THEN
        RAISE EXCEPTION 'an open year takes over no old register'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.numbering, NEW.scheme, NEW.shares_numbers, NEW.first_number, NEW.mask,
        NEW.uses_arrivals, NEW.declared_gaps, NEW.opened_at)
       IS DISTINCT FROM
       (OLD.numbering, OLD.scheme, OLD.shares_numbers, OLD.first_number, OLD.mask,
        OLD.uses_arrivals, OLD.declared_gaps, OLD.opened_at) THEN
        IF OLD.last_registered_at IS NOT NULL THEN
            RAISE EXCEPTION 'the policy of % is fixed: numbers were given', OLD.year
                USING ERRCODE = 'restrict_violation';
        END IF;
        NEW.last_number := NEW.first_number - 1;
        NEW.last_incoming := NEW.last_number;
        NEW.last_outgoing := NEW.last_number;
        NEW.last_internal := NEW.last_number;
        RETURN NEW;
    END IF;
    moved := (NEW.last_number - OLD.last_number) + (NEW.last_incoming - OLD.last_incoming)
           + (NEW.last_outgoing - OLD.last_outgoing) + (NEW.last_internal - OLD.last_internal);
    IF moved NOT IN (0, 1)
       OR NEW.last_number < OLD.last_number OR NEW.last_incoming < OLD.last_incoming
       OR NEW.last_outgoing < OLD.last_outgoing OR NEW.last_internal < OLD.last_internal
       OR (moved = 1 AND NEW.last_registered_at IS NULL)
       OR (OLD.last_registered_at IS NOT NULL AND NEW.last_registered_at IS NULL)
       OR NEW.last_registered_at < OLD.last_registered_at THEN
        RAISE EXCEPTION 'a series only moves forward, one number at a time'
            USING ERRCODE = 'restrict_violation';
    END IF;
    -- A reserved number may be ended after its year, never years later: a time far ahead would be
    -- the time of every number that follows.
    IF NEW.last_registered_at >= make_timestamptz(NEW.year::int + 2, 1, 1, 0, 0, 0.0, 'UTC') THEN
        RAISE EXCEPTION 'the time of the series of % lies years ahead', NEW.year
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF moved = 1 AND (NEW.numbering = 'common') <> (NEW.last_number > OLD.last_number) THEN
        RAISE EXCEPTION 'the policy of % has no such series', OLD.year
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF moved = 1 THEN
        PERFORM 1 FROM books b WHERE b.id = NEW.book_id AND b.closed_at IS NOT NULL;
        IF FOUND THEN
            RAISE EXCEPTION 'the book of this series is closed'
                USING ERRCODE = 'restrict_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$
"""

# A number that was taken belongs to an entry or a reservation when the transaction ends.
GUARD_USE = """
CREATE OR REPLACE FUNCTION guard_use() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    name text := 'common';
    taken bigint := NEW.last_number;
BEGIN
    IF NEW.numbering = 'by-direction' THEN
        IF NEW.last_incoming > OLD.last_incoming THEN
            name := 'incoming'; taken := NEW.last_incoming;
        ELSIF NEW.last_outgoing > OLD.last_outgoing THEN
            name := 'outgoing'; taken := NEW.last_outgoing;
        ELSE
            name := 'internal'; taken := NEW.last_internal;
        END IF;
    END IF;
    IF EXISTS (SELECT 1 FROM entries e WHERE e.book_id = NEW.book_id AND e.year = NEW.year
                  AND e.series = name AND e.number = taken AND e.shares_number_of IS NULL)
       OR EXISTS (SELECT 1 FROM reservations r WHERE r.book_id = NEW.book_id
                  AND r.year = NEW.year AND r.series = name AND r.number = taken) THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'number %/% was taken and not used', taken, NEW.year
        USING ERRCODE = 'restrict_violation';
END $$
"""

# An entry bears the number that its series has just given, or that was promised to it, or the
# next sub-number of its case, or the number of the document that it answers.
GUARD_NUMBER = """
CREATE OR REPLACE FUNCTION guard_number() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    y book_years%ROWTYPE;
    last bigint;
    fits boolean := false;
BEGIN
    -- The row is held, so that two writers of one number see each other.
    SELECT * INTO y FROM book_years s
     WHERE s.book_id = NEW.book_id AND s.year = NEW.year FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'number %/% was not given by its series', NEW.number, NEW.year
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF y.closed_at IS NOT NULL THEN
        RAISE EXCEPTION 'the series of % is closed', NEW.year
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF y.state = 'importing' THEN
        IF NEW.shares_number_of IS NOT NULL OR NEW.reservation_id IS NOT NULL
           OR NEW.series <>
              (CASE y.numbering WHEN 'common' THEN 'common' ELSE NEW.direction END) THEN
            RAISE EXCEPTION 'number %/% is not of the register taken over', NEW.number, NEW.year
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    last := CASE WHEN y.numbering = 'common' THEN y.last_number
                 WHEN NEW.direction = 'incoming' THEN y.last_incoming
                 WHEN NEW.direction = 'outgoing' THEN y.last_outgoing
                 ELSE y.last_internal END;
    IF NEW.registered_at = y.last_registered_at
       AND NEW.series = (CASE y.numbering WHEN 'common' THEN 'common' ELSE NEW.direction END) THEN
        IF NEW.shares_number_of IS NOT NULL THEN
            fits := y.shares_numbers AND NEW.direction = 'outgoing' AND NEW.sub_number = 0
                AND NEW.reservation_id IS NULL AND EXISTS (
                    SELECT 1 FROM entries e WHERE e.id = NEW.shares_number_of
                       AND e.book_id = NEW.book_id AND e.year = NEW.year
                       AND e.series = NEW.series AND e.number = NEW.number
                       AND e.direction = 'incoming');
        ELSIF NEW.reservation_id IS NOT NULL THEN
            fits := EXISTS (
                SELECT 1 FROM reservations r WHERE r.id = NEW.reservation_id
                   AND r.book_id = NEW.book_id AND r.year = NEW.year AND r.series = NEW.series
                   AND r.number = NEW.number AND r.sub_number = NEW.sub_number
                   AND r.direction = NEW.direction AND r.label = NEW.label);
        ELSIF NEW.sub_number > 1 THEN
            fits := y.scheme = 'case' AND EXISTS (
                SELECT 1 FROM entries e WHERE e.book_id = NEW.book_id AND e.year = NEW.year
                   AND e.series = NEW.series AND e.number = NEW.number
                   AND e.sub_number = NEW.sub_number - 1 AND e.shares_number_of IS NULL);
        ELSE
            fits := NEW.number = last
                AND NEW.sub_number = (CASE y.scheme WHEN 'case' THEN 1 ELSE 0 END)
                AND NOT EXISTS (
                    SELECT 1 FROM reservations r WHERE r.book_id = NEW.book_id
                       AND r.year = NEW.year AND r.series = NEW.series AND r.number = NEW.number);
        END IF;
    END IF;
    IF NOT fits THEN
        RAISE EXCEPTION 'number %/% was not given by its series', NEW.number, NEW.year
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$
"""

GUARD_RESERVATION = """
CREATE FUNCTION guard_reservation() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    y book_years%ROWTYPE;
    last bigint;
BEGIN
    SELECT * INTO y FROM book_years s
     WHERE s.book_id = NEW.book_id AND s.year = NEW.year FOR NO KEY UPDATE;
    last := CASE WHEN y.numbering = 'common' THEN y.last_number
                 WHEN NEW.direction = 'incoming' THEN y.last_incoming
                 WHEN NEW.direction = 'outgoing' THEN y.last_outgoing
                 ELSE y.last_internal END;
    IF NOT FOUND OR y.closed_at IS NOT NULL OR y.state <> 'open'
       OR NEW.series <> (CASE y.numbering WHEN 'common' THEN 'common' ELSE NEW.direction END)
       OR NEW.number <> last OR NEW.taken_at IS DISTINCT FROM y.last_registered_at
       OR NEW.sub_number <> (CASE y.scheme WHEN 'case' THEN 1 ELSE 0 END)
       OR EXISTS (SELECT 1 FROM entries e WHERE e.book_id = NEW.book_id AND e.year = NEW.year
                     AND e.series = NEW.series AND e.number = NEW.number) THEN
        RAISE EXCEPTION 'number %/% was not given by its series', NEW.number, NEW.year
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$
"""

# No year is closed while a number of it is promised and not used.
GUARD_CLOSING = """
CREATE FUNCTION guard_closing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM reservations r
     WHERE r.book_id = NEW.book_id AND r.year = NEW.year
       AND NOT EXISTS (SELECT 1 FROM entries e WHERE e.reservation_id = r.id);
    IF FOUND THEN
        RAISE EXCEPTION 'the year % has reserved numbers that are not used', NEW.year
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$
"""

GUARD_ARRIVALS = """
CREATE FUNCTION guard_arrival_series() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a series is never deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.last_number <> 0 OR NEW.last_arrived_at IS NOT NULL THEN
            RAISE EXCEPTION 'a series begins before its first number'
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.last_number NOT IN (OLD.last_number, OLD.last_number + 1)
       OR NEW.body_id <> OLD.body_id OR NEW.year <> OLD.year
       OR (NEW.last_number > 0 AND NEW.last_arrived_at IS NULL)
       OR NEW.last_arrived_at < OLD.last_arrived_at THEN
        RAISE EXCEPTION 'a series only moves forward, one number at a time'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION guard_arrival_use() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM arrivals a
     WHERE a.body_id = NEW.body_id AND a.year = NEW.year AND a.number = NEW.last_number;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'arrival number %/% was taken and not used', NEW.last_number, NEW.year
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION guard_arrival() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM arrival_years s
     WHERE s.body_id = NEW.body_id AND s.year = NEW.year
       AND s.last_number = NEW.number AND s.last_arrived_at = NEW.arrived_at;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'arrival number %/% was not given by its series', NEW.number, NEW.year
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
-- An arrival is registered, or it ended: never both.
CREATE FUNCTION guard_arrival_fate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('arrival:' || NEW.arrival_id, 0));
    IF (TG_TABLE_NAME = 'entries'
        AND EXISTS (SELECT 1 FROM arrival_ends a WHERE a.arrival_id = NEW.arrival_id))
       OR (TG_TABLE_NAME = 'arrival_ends'
        AND EXISTS (SELECT 1 FROM entries e WHERE e.arrival_id = NEW.arrival_id)) THEN
        RAISE EXCEPTION 'arrival % has its outcome already', NEW.arrival_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$
"""

OLD_GUARDS = """
CREATE OR REPLACE FUNCTION guard_series() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a series is never deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.last_number <> 0 OR NEW.last_registered_at IS NOT NULL THEN
            RAISE EXCEPTION 'a series begins before its first number'
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.last_number NOT IN (OLD.last_number, OLD.last_number + 1)
       OR NEW.book_id <> OLD.book_id OR NEW.year <> OLD.year
       OR (NEW.last_number > 0 AND NEW.last_registered_at IS NULL)
       OR NEW.last_registered_at < OLD.last_registered_at THEN
        RAISE EXCEPTION 'a series only moves forward, one number at a time'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.closed_at IS NOT NULL THEN
        RAISE EXCEPTION 'the series of % is closed', OLD.year
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION guard_use() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM entries e
     WHERE e.book_id = NEW.book_id AND e.year = NEW.year AND e.number = NEW.last_number;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'number %/% was taken and not used', NEW.last_number, NEW.year
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION guard_number() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM book_years s
     WHERE s.book_id = NEW.book_id AND s.year = NEW.year
       AND s.last_number = NEW.number AND s.last_registered_at = NEW.registered_at;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'number %/% was not given by its series', NEW.number, NEW.year
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$
"""


def upgrade() -> None:
    _policies()
    _waiting()
    _entries()
    _guards()


def _policies() -> None:
    for table in ("books", "book_years"):
        for column, of_type, default in POLICY:
            op.add_column(
                table, sa.Column(column, of_type(), server_default=default, nullable=False)
            )
        for name, condition in POLICY_CHECKS.items():
            op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, condition)
    op.add_column(
        "books",
        sa.Column("is_thematic", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column(
        "books",
        sa.Column("opens_by_hand", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column("books", sa.Column("closed_at", sa.DateTime(timezone=True)))
    op.add_column("books", sa.Column("closed_by", sa.BigInteger()))
    op.create_foreign_key(op.f("fk_books_closed_by"), "books", "users", ["closed_by"], ["id"])
    for direction in ("incoming", "outgoing", "internal"):
        op.add_column(
            "book_years",
            sa.Column(f"last_{direction}", sa.BigInteger(), server_default="0", nullable=False),
        )
    op.drop_constraint("ck_book_years_number_not_negative", "book_years")
    op.create_check_constraint(
        op.f("ck_book_years_number_not_negative"),
        "book_years",
        "least(last_number, last_incoming, last_outgoing, last_internal) >= 0",
    )
    op.add_column(
        "book_years",
        sa.Column(
            "opened_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
    )
    for column in ("opened_by", "closed_by"):
        op.add_column("book_years", sa.Column(column, sa.BigInteger()))
        op.create_foreign_key(
            op.f(f"fk_book_years_{column}"), "book_years", "users", [column], ["id"]
        )
    op.add_column(
        "book_years", sa.Column("state", sa.Text(), server_default="open", nullable=False)
    )
    op.create_check_constraint(
        op.f("ck_book_years_state_known"), "book_years", "state IN ('open', 'importing', 'sealed')"
    )
    op.create_check_constraint(
        op.f("ck_book_years_sealed_is_closed"),
        "book_years",
        "state <> 'sealed' OR closed_at IS NOT NULL",
    )
    op.add_column(
        "book_years",
        sa.Column(
            "declared_gaps",
            JSONB(),
            server_default="[]",
            nullable=False,
        ),
    )


def _waiting() -> None:
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "reservations",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("body_id", sa.BigInteger(), nullable=False),
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("year", sa.BigInteger(), nullable=False),
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("sub_number", sa.BigInteger(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("taken_at", instant, nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("reserved_by", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("expires_at", instant, nullable=False),
        sa.CheckConstraint(
            "direction IN ('incoming', 'outgoing', 'internal')",
            name=op.f("ck_reservations_direction_known"),
        ),
        sa.CheckConstraint("length(reason) > 0", name=op.f("ck_reservations_reason_given")),
        sa.CheckConstraint("expires_at > taken_at", name=op.f("ck_reservations_expires_later")),
        sa.ForeignKeyConstraint(["body_id"], ["bodies.id"], name=op.f("fk_reservations_body_id")),
        sa.ForeignKeyConstraint(["book_id"], ["books.id"], name=op.f("fk_reservations_book_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_reservations_owner_id")),
        sa.ForeignKeyConstraint(
            ["reserved_by"], ["users.id"], name=op.f("fk_reservations_reserved_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reservations")),
        sa.UniqueConstraint(
            "book_id",
            "year",
            "series",
            "number",
            name=op.f("uq_reservations_book_id_year_series_number"),
        ),
    )
    op.create_index(
        op.f("ix_reservations_body_id_expires_at"), "reservations", ["body_id", "expires_at"]
    )
    op.create_table(
        "arrival_years",
        sa.Column("body_id", sa.BigInteger(), nullable=False),
        sa.Column("year", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("last_number", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("last_arrived_at", instant, nullable=True),
        sa.CheckConstraint("last_number >= 0", name=op.f("ck_arrival_years_number_not_negative")),
        sa.ForeignKeyConstraint(["body_id"], ["bodies.id"], name=op.f("fk_arrival_years_body_id")),
        sa.PrimaryKeyConstraint("body_id", "year", name=op.f("pk_arrival_years")),
    )
    op.create_table(
        "arrivals",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("body_id", sa.BigInteger(), nullable=False),
        sa.Column("year", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("arrived_at", instant, nullable=False),
        sa.Column("received_by", sa.BigInteger(), nullable=True),
        sa.Column("sender_name", sa.Text(), nullable=False),
        sa.Column("sender_email", sa.Text(), server_default="", nullable=False),
        sa.Column("delivery_method", sa.Text(), nullable=False),
        sa.Column("delivery_detail", sa.Text(), server_default="", nullable=False),
        sa.Column("is_openable", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(METHODS, name=op.f("ck_arrivals_delivery_method_known")),
        sa.CheckConstraint("number > 0", name=op.f("ck_arrivals_number_positive")),
        sa.ForeignKeyConstraint(["body_id"], ["bodies.id"], name=op.f("fk_arrivals_body_id")),
        sa.ForeignKeyConstraint(
            ["received_by"], ["users.id"], name=op.f("fk_arrivals_received_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arrivals")),
        sa.UniqueConstraint(
            "body_id", "year", "number", name=op.f("uq_arrivals_body_id_year_number")
        ),
    )
    op.create_index(op.f("ix_arrivals_body_id_arrived_at"), "arrivals", ["body_id", "arrived_at"])
    op.create_table(
        "arrival_ends",
        sa.Column("arrival_id", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ended_by", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", instant, nullable=False),
        sa.CheckConstraint(
            "outcome IN ('junk', 'not-for-us', 'empty', 'mistake')",
            name=op.f("ck_arrival_ends_outcome_known"),
        ),
        sa.CheckConstraint("length(reason) > 0", name=op.f("ck_arrival_ends_reason_given")),
        sa.ForeignKeyConstraint(
            ["arrival_id"], ["arrivals.id"], name=op.f("fk_arrival_ends_arrival_id")
        ),
        sa.ForeignKeyConstraint(["ended_by"], ["users.id"], name=op.f("fk_arrival_ends_ended_by")),
        sa.PrimaryKeyConstraint("arrival_id", name=op.f("pk_arrival_ends")),
    )


def _entries() -> None:
    op.add_column(
        "entries", sa.Column("series", sa.Text(), server_default="common", nullable=False)
    )
    op.add_column(
        "entries", sa.Column("sub_number", sa.BigInteger(), server_default="0", nullable=False)
    )
    # The entries of before are cited as they always were. The owner of the schema may say so.
    op.add_column("entries", sa.Column("label", sa.Text(), nullable=True))
    op.execute("ALTER TABLE entries DISABLE TRIGGER written_once")
    op.execute("UPDATE entries SET label = number || '/' || year")
    op.execute("ALTER TABLE entries ENABLE TRIGGER written_once")
    op.alter_column("entries", "label", nullable=False)
    for column, table in (
        ("shares_number_of", "entries"),
        ("reservation_id", "reservations"),
        ("arrival_id", "arrivals"),
    ):
        op.add_column("entries", sa.Column(column, sa.BigInteger(), nullable=True))
        op.create_foreign_key(op.f(f"fk_entries_{column}"), "entries", table, [column], ["id"])
        op.create_index(
            f"ux_entries_{column}",
            "entries",
            [column],
            unique=True,
            postgresql_where=sa.text(f"{column} IS NOT NULL"),
        )
    for name, condition in (
        ("series_known", "series IN ('common', 'incoming', 'outgoing', 'internal')"),
        ("sub_number_not_negative", "sub_number >= 0"),
        ("label_given", "length(label) > 0"),
    ):
        op.create_check_constraint(op.f(f"ck_entries_{name}"), "entries", condition)
    op.drop_constraint("uq_entries_book_id_year_number", "entries")
    op.create_index(
        "ux_entries_number",
        "entries",
        ["book_id", "year", "series", "number", "sub_number"],
        unique=True,
        postgresql_where=sa.text("shares_number_of IS NULL"),
        postgresql_include=["registered_at", "reservation_id"],
    )


def _guards() -> None:
    for function in (
        GUARD_SERIES,
        GUARD_USE,
        GUARD_NUMBER,
        GUARD_RESERVATION,
        GUARD_CLOSING,
        GUARD_ARRIVALS,
    ):
        op.execute(function)
    op.execute("DROP TRIGGER number_is_used ON book_years")
    op.execute(
        "CREATE CONSTRAINT TRIGGER number_is_used "
        "AFTER UPDATE OF last_number, last_incoming, last_outgoing, last_internal ON book_years "
        "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.state = 'open' "
        "AND NEW.first_number = OLD.first_number "
        "AND (NEW.last_number, NEW.last_incoming, NEW.last_outgoing, NEW.last_internal) "
        "IS DISTINCT FROM "
        "(OLD.last_number, OLD.last_incoming, OLD.last_outgoing, OLD.last_internal)) "
        "EXECUTE FUNCTION guard_use()"
    )
    op.execute(
        "CREATE TRIGGER nothing_promised BEFORE UPDATE OF closed_at ON book_years FOR EACH ROW "
        "WHEN (NEW.closed_at IS NOT NULL AND OLD.closed_at IS NULL) "
        "EXECUTE FUNCTION guard_closing()"
    )
    op.execute(
        "CREATE TRIGGER number_from_series BEFORE INSERT ON reservations "
        "FOR EACH ROW EXECUTE FUNCTION guard_reservation()"
    )
    op.execute(
        "CREATE TRIGGER number_from_series BEFORE INSERT ON arrivals "
        "FOR EACH ROW EXECUTE FUNCTION guard_arrival()"
    )
    op.execute(
        "CREATE TRIGGER only_forward BEFORE INSERT OR UPDATE OR DELETE ON arrival_years "
        "FOR EACH ROW EXECUTE FUNCTION guard_arrival_series()"
    )
    op.execute(
        "CREATE CONSTRAINT TRIGGER number_is_used AFTER UPDATE OF last_number ON arrival_years "
        "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW "
        "WHEN (NEW.last_number <> OLD.last_number) EXECUTE FUNCTION guard_arrival_use()"
    )
    op.execute(
        "CREATE TRIGGER one_outcome BEFORE INSERT ON arrival_ends "
        "FOR EACH ROW EXECUTE FUNCTION guard_arrival_fate()"
    )
    op.execute(
        "CREATE TRIGGER one_outcome BEFORE INSERT ON entries FOR EACH ROW "
        "WHEN (NEW.arrival_id IS NOT NULL) EXECUTE FUNCTION guard_arrival_fate()"
    )
    for table in WRITTEN_ONCE:
        op.execute(
            f"CREATE TRIGGER written_once BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
    for table in (*WRITTEN_ONCE, "arrival_years"):
        op.execute(
            f"CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    op.execute(f"GRANT SELECT, INSERT ON {', '.join(WRITTEN_ONCE)} TO {APPLICATION}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON arrival_years TO {APPLICATION}")
    op.execute(f"GRANT USAGE ON SEQUENCE reservations_id_seq, arrivals_id_seq TO {APPLICATION}")


def downgrade() -> None:
    """Back to plain numbers. Refused by the unique key where numbers are shared or have parts."""
    op.execute("DROP TRIGGER one_outcome ON entries")
    op.execute("DROP TRIGGER nothing_promised ON book_years")
    op.execute("DROP TRIGGER number_is_used ON book_years")
    op.execute(OLD_GUARDS)
    op.drop_index("ux_entries_number", "entries")
    op.create_unique_constraint(
        op.f("uq_entries_book_id_year_number"), "entries", ["book_id", "year", "number"]
    )
    for column in (
        "series",
        "sub_number",
        "label",
        "shares_number_of",
        "reservation_id",
        "arrival_id",
    ):
        op.drop_column("entries", column)
    for table in ("arrival_ends", "arrivals", "arrival_years", "reservations"):
        op.drop_table(table)
    for function in (
        "guard_reservation",
        "guard_closing",
        "guard_arrival_series",
        "guard_arrival_use",
        "guard_arrival",
        "guard_arrival_fate",
    ):
        op.execute(f"DROP FUNCTION {function}()")
    op.drop_constraint("ck_book_years_number_not_negative", "book_years")
    op.create_check_constraint(
        op.f("ck_book_years_number_not_negative"), "book_years", "last_number >= 0"
    )
    for table in ("books", "book_years"):
        for name in POLICY_CHECKS:
            op.drop_constraint(f"ck_{table}_{name}", table)
        for column, _, _ in POLICY:
            op.drop_column(table, column)
    for column in ("is_thematic", "opens_by_hand", "closed_at", "closed_by"):
        op.drop_column("books", column)
    op.drop_constraint("ck_book_years_sealed_is_closed", "book_years")
    for column in (
        "last_incoming",
        "last_outgoing",
        "last_internal",
        "opened_at",
        "opened_by",
        "closed_by",
        "state",
        "declared_gaps",
    ):
        op.drop_column("book_years", column)
    op.execute(
        "CREATE CONSTRAINT TRIGGER number_is_used AFTER UPDATE OF last_number ON book_years "
        "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW "
        "WHEN (NEW.last_number <> OLD.last_number) EXECUTE FUNCTION guard_use()"
    )
