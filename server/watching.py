"""What a watcher of the server reads, on this machine only: /metrics, and the two pages of health."""

from pathlib import Path

from fastapi import FastAPI, Response
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.concurrency import run_in_threadpool

from server.central_store import CentralStore
from server.health import Health, add_health
from server.metrics import exposed


def create_watch(centre: CentralStore, workers: Path | None) -> FastAPI:
    """The pages for Prometheus. `workers`: the folder in which the workers keep their counts."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    add_health(app, Health(centre))

    @app.get("/metrics")
    async def metrics() -> Response:
        page = await run_in_threadpool(exposed, centre, workers)
        return Response(page, headers={"content-type": CONTENT_TYPE_LATEST})

    return app
