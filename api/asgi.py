"""What uvicorn runs."""

from api.app import create_app
from docflow import settings
from docflow.office import open_office

_settings = settings.load()
app = create_app(open_office(_settings, pool=_settings.database_pool))
