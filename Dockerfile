# syntax=docker/dockerfile:1
# Build: docker build -t ajx-gateway .      Run: see compose.yaml

FROM python:3.11-slim AS build
RUN pip install --no-cache-dir "uv>=0.9,<1"
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
WORKDIR /build
# The dependencies are a layer of their own: they change less often than the code.
COPY pyproject.toml uv.lock README.md LICENSE ./
RUN uv sync --locked --no-dev --no-install-project
COPY migrations migrations
COPY schemas schemas
COPY src src
RUN uv sync --locked --no-dev --no-editable

FROM python:3.11-slim
# Reports as PDF and charts are set in Chinese: without a font of it the gateway refuses to make them.
RUN apt-get update && apt-get install -y --no-install-recommends fonts-noto-cjk && rm -rf /var/lib/apt/lists/*
# A number, not a name: Kubernetes' runAsNonRoot can then check it.
RUN useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin ajx \
    && install -d -m 0700 -o 10001 -g 10001 /data
COPY --from=build /build/.venv /build/.venv
ENV PATH=/build/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    AJX_HOST=0.0.0.0 \
    AJX_PORT=8321 \
    AJX_DATA_DIR=/data
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8321
# Longer than the 40 s in which `ajx serve` lets requests end.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8321/livez', timeout=4)"]
ENTRYPOINT ["ajx"]
CMD ["serve"]
