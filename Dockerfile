# syntax=docker/dockerfile:1
# docker build --tag mangacolor:cpu .                     about 0.5 GB, for processors
# docker build --tag mangacolor:cuda --target cuda .      about 7 GB, with torch for NVIDIA cards
# What the steps do is in docker/*.sh, which are tested without Docker (docs/guide/docker.md).

FROM python:3.13-slim AS system
COPY docker/build-system.sh /build/
RUN sh /build/build-system.sh

FROM system AS runtime
COPY --chmod=755 docker/entrypoint.sh docker/healthcheck.py /opt/
ENV PATH=/opt/mangacolor/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PUID=1000 \
    PGID=1000 \
    MANGACOLOR_DATA=/data/serve
# /data/in: chapters to colour, best mounted read-only. /data/out: coloured ones. /data/serve: what serve keeps.
VOLUME ["/data/out", "/data/serve"]
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["python3", "/opt/healthcheck.py"]
# It starts as root to become PUID:PGID, and runs nothing of mangacolor before that.
ENTRYPOINT ["/opt/entrypoint.sh"]
CMD ["serve"]

FROM system AS build-cuda
COPY . /src
RUN sh /src/docker/build-app.sh /src /opt/mangacolor archives,serve,watch,torch,upscalers

FROM runtime AS cuda
ENV NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility
COPY --from=build-cuda /opt/mangacolor /opt/mangacolor

FROM system AS build-cpu
COPY . /src
RUN sh /src/docker/build-app.sh /src /opt/mangacolor archives,serve,watch

# The last one is what docker build makes without --target.
FROM runtime AS cpu
COPY --from=build-cpu /opt/mangacolor /opt/mangacolor
