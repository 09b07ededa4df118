#!/bin/bash
# Run once by the image on an empty cluster: the schema's owner, the application's role, and the
# database. The application's role owns nothing: what it may do is granted by the migrations.
set -euo pipefail

psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
  -v owner_password="$OWNER_DATABASE_PASSWORD" -v app_password="$APP_DATABASE_PASSWORD" <<'SQL'
CREATE ROLE docflow_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE docflow_app LOGIN PASSWORD :'app_password';
CREATE DATABASE docflow OWNER docflow_owner TEMPLATE template0;
SQL
