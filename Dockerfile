# syntax=docker/dockerfile:1
# The assistant in a container: `docker build -t framework-assistant .`, then see compose.yaml.
FROM python:3.11-slim-bookworm AS build
ARG TORCH=2.13.0
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/assistant \
    && /opt/assistant/bin/pip install --index-url https://download.pytorch.org/whl/cpu "torch==${TORCH}"
WORKDIR /source
COPY pyproject.toml constraints.txt README.md LICENSE app.py ./
COPY corpus corpus
COPY index index
COPY assistant assistant
RUN /opt/assistant/bin/pip install --constraint constraints.txt .

FROM python:3.11-slim-bookworm
# llama.cpp computes with OpenMP, which the slim image lacks.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /opt/assistant /opt/assistant
# Models and conversations are the only things written; both go below the home folder, a volume.
RUN useradd --uid 10001 --create-home --home-dir /data assistant
ENV PATH=/opt/assistant/bin:$PATH PYTHONDONTWRITEBYTECODE=1
USER 10001
WORKDIR /data
VOLUME /data
EXPOSE 7860
HEALTHCHECK --start-period=2m CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:7860/healthz', timeout=3)"]
ENTRYPOINT ["assistant"]
CMD ["serve"]
