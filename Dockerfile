# Tonearm in one container: the server and its command line. docs/deploy.md says how to run it; docker-compose.yml does.

FROM python:3.11-slim-bookworm AS build

WORKDIR /src
COPY requirements/run.txt requirements/
RUN python -m venv /opt/tonearm \
 && /opt/tonearm/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements/run.txt
COPY pyproject.toml README.md LICENSE ./
COPY api/ api/
COPY server/ server/
COPY cli/ cli/
COPY tui/ tui/
# What builds is not needed to run.
RUN /opt/tonearm/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation . \
 && /opt/tonearm/bin/pip uninstall --yes editables hatchling pip

FROM python:3.11-slim-bookworm

# A number that no user of the host has. The folder is made here so that a new volume belongs to it.
RUN groupadd --gid 10001 tonearm \
 && useradd --uid 10001 --gid 10001 --home-dir /data --no-create-home --shell /usr/sbin/nologin tonearm \
 && install --directory --owner 10001 --group 10001 --mode 0700 /data
COPY --from=build /opt/tonearm /opt/tonearm
COPY LICENSE /opt/tonearm/

ENV PATH=/opt/tonearm/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8337
# The server drains for ten seconds when it is told to stop.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --start-interval=1s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8337/healthz', timeout=4)"]
ENTRYPOINT ["tonearm"]
CMD ["serve", "--host", "0.0.0.0", "--data", "/data"]
