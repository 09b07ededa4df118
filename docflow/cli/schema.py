"""`docflow migrate`: the schema and the place of the objects, brought to the code's version."""

from pathlib import Path

import storage
from docflow import migrations
from docflow.cli import finding
from docflow.cli.failures import CannotDo
from docflow.cli.output import say
from docflow.documents import store_unavailable
from docflow.i18n import t


def migrate(data: Path | None) -> int:
    """Quick where nothing is to be done. Raises CannotDo without the address of the owner."""
    settings = finding.settings(data)
    if settings.owner_database_url is None:
        raise CannotDo(
            t("Set DOCFLOW_OWNER_DATABASE_URL: only the owner of the schema can change it.")
        )
    url = settings.owner_database_url.get_secret_value()
    before, newest = migrations.current(url), migrations.head()
    if before != newest:
        migrations.upgrade(url)
    try:
        storage.open_store(settings.storage_url.get_secret_value()).prepare()
    except storage.StorageError as error:
        raise store_unavailable() from error
    if before == newest:
        say(t("The schema is at {revision}; nothing to do.", revision=str(newest)))
    else:
        say(t("The schema was brought to {revision}.", revision=str(newest)))
    return 0
