# One image for every part: the command says which. `docker build -t headrow .`

FROM python:3.13-slim AS build
RUN python -m venv /headrow
WORKDIR /source
# The locked dependencies change seldom, so they are a layer of their own.
COPY requirements.txt .
RUN /headrow/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements.txt
COPY pyproject.toml setup.py README.md LICENSE ./
COPY services services
COPY gateway gateway
COPY assets assets
COPY setting_up setting_up
# Node is needed to write them, and not to send them: it stays behind.
RUN python -m venv /node && assets/build /node/bin/python
RUN /headrow/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.13-slim
RUN useradd --system --uid 10001 --home-dir /data --create-home headrow \
    && install --directory --owner headrow /definitions
COPY --from=build /headrow /headrow
COPY --from=build /source/services/samples/leeds-programme.json /samples/
ENV PATH=/headrow/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HEADROW_DATA=/data
USER headrow
WORKDIR /data
EXPOSE 8000
ENTRYPOINT ["headrow"]
CMD ["--help"]
