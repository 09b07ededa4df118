# Docflow's image: one for web, workers, relay, sequencer and migrations.
#
# Built in two stages, from the same locks and by the same steps as `make setup`, so that what runs
# in production is what is tested.

FROM node:22.21.1-bookworm-slim AS node

FROM python:3.11.14-slim-bookworm AS build
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=node /usr/local/lib/node_modules /usr/local/lib/node_modules
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
ENV UV_COMPILE_BYTECODE=1
WORKDIR /opt/docflow
COPY requirements-setup.lock requirements.lock pyproject.toml README.md LICENSE ./
COPY package.json package-lock.json .npmrc ./
COPY scripts scripts
COPY docflow docflow
COPY signing signing
COPY ocr ocr
COPY storage storage
COPY api api
RUN python scripts/setup.py && rm -rf node_modules
COPY alembic alembic
COPY alembic.ini ./

FROM python:3.11.14-slim-bookworm
RUN useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin docflow
COPY --from=build /opt/docflow /opt/docflow
ENV PATH=/opt/docflow/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    OMP_THREAD_LIMIT=1
WORKDIR /opt/docflow
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
CMD ["docflow", "serve", "--host", "0.0.0.0", "--port", "8000"]
