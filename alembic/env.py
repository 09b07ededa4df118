"""Run migrations: one transaction each, timeouts set, one migrator at a time."""

from alembic import context
from sqlalchemy import NullPool, create_engine, text

from docflow.tables import Base

_ONE_MIGRATOR = 0x0D0C_F11A  # pg_advisory_lock key


def run() -> None:
    url = context.config.attributes["database_url"]
    engine = create_engine(url, poolclass=NullPool)  # a migration that fails keeps no lock
    with engine.connect() as connection:
        connection.execute(text("SET lock_timeout = '10s'"))
        connection.execute(text("SET statement_timeout = '30min'"))
        connection.execute(text(f"SELECT pg_advisory_lock({_ONE_MIGRATOR})"))
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            transaction_per_migration=True,
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
