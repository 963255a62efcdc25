# Two images from one file: `web` (no torch) and `worker` (everything).
#     docker build --target web -t txcat-web .
#     docker build --target worker -t txcat-worker .
ARG PYTHON_TAG=3.11.14-slim-bookworm

FROM python:${PYTHON_TAG} AS base
ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PATH=/venv/bin:$PATH
WORKDIR /app

# Virtual environments. pip and its cache stay behind in these stages.
FROM base AS web-venv
COPY requirements-web.txt ./
RUN python -m venv /venv && \
    python -m pip install --no-cache-dir --disable-pip-version-check -r requirements-web.txt

FROM web-venv AS worker-venv
# PyPI's torch for Linux on x86-64 brings several gigabytes of CUDA that nothing here uses. torch
# alone is taken from this index instead; set it empty to take torch from PyPI as well.
ARG TORCH_INDEX_URL=https://download.pytorch.org/whl/cpu
COPY requirements.txt ./
RUN if [ -n "$TORCH_INDEX_URL" ]; then \
        python -m pip install --no-cache-dir --disable-pip-version-check --no-deps \
            --index-url "$TORCH_INDEX_URL" "$(grep '^torch==' requirements.txt)"; \
    fi && \
    python -m pip install --no-cache-dir --disable-pip-version-check -r requirements.txt

# What both images run as, and run.
FROM base AS app
RUN groupadd --system --gid 10001 txcat && \
    useradd --system --uid 10001 --gid txcat --no-create-home --home-dir /data txcat && \
    install --directory --owner=txcat --group=txcat /data /var/cache/txcat
# Shared by all containers, and each container's own.
ENV TXCAT_DATA_DIR=/data \
    TXCAT_LOCAL_DIR=/var/cache/txcat \
    TXCAT_STATIC_DIR=/app/static
COPY manage.py NOTICE ./
COPY txcat ./txcat
COPY classifier ./classifier
COPY experiments ./experiments
COPY monitoring ./monitoring
COPY templates ./templates
# The admin shows it.
COPY docs/runbooks.md ./docs/runbooks.md
VOLUME /data
VOLUME /var/cache/txcat

FROM app AS static
COPY --from=web-venv /venv /venv
# The settings want a key and a folder; these serve this command alone and no image keeps them.
RUN SECRET_KEY=unused-by-collectstatic TXCAT_DATA_DIR=/tmp/build \
    python manage.py collectstatic --noinput

FROM app AS web
COPY --from=web-venv /venv /venv
COPY --from=static /app/static ./static
# gunicorn's heartbeat files belong in memory: a slow disk would look like a hung process.
ENV TXCAT_HOST=0.0.0.0 \
    PORT=8000 \
    GUNICORN_CMD_ARGS=--worker-tmp-dir=/dev/shm
USER txcat
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-m", "txcat.healthcheck"]
CMD ["python", "-m", "gunicorn", "-c", "txcat/gunicorn.conf.py", "txcat.wsgi"]

FROM app AS worker
COPY --from=worker-venv /venv /venv
# Where matplotlib remembers which fonts there are.
ENV MPLCONFIGDIR=/var/cache/txcat/matplotlib
USER txcat
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=60s --timeout=20s --start-period=120s --retries=3 \
    CMD ["python", "manage.py", "check_health", "--role", "worker"]
CMD ["python", "manage.py", "qcluster"]
