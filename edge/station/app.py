"""The web application: pages, HTTP API and live updates of one station, put together.

app = create_app(services)      # services: see services.py; the bootstrap builds them
uvicorn.run(app, host="127.0.0.1", port=8321, ws_max_size=64 * 1024)
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from edge.station.catalogue import Catalogues
from edge.station.guard import Guard
from edge.station.live import LiveUpdates
from edge.station.problems import ProblemWriter, install
from edge.station.routes.desk import desk_routes
from edge.station.routes.pages import page_routes
from edge.station.routes.records import record_routes
from edge.station.routes.system import system_routes
from edge.station.routes.teaching import teaching_routes
from edge.station.routes.trust import trust_routes
from edge.station.schemas import Problem
from edge.station.services import StationServices

STATIC = Path(__file__).with_name("static")

_PROBLEMS: dict[int | str, dict[str, object]] = {
    409: {"model": Problem, "description": "Cannot be done now; the answer says why and what to do next."},
    422: {"model": Problem, "description": "A field is missing or impossible; nothing was done."},
}


def create_app(services: StationServices) -> FastAPI:
    """Build the web application of a station.

    Args:
        services: The work, the journal, the delivery and the devices, all built and running.
    """
    catalogues = Catalogues()
    problems = ProblemWriter(catalogues)
    live = LiveUpdates(services)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with live.running():
            yield

    app = FastAPI(
        title="Darkstore returns station",
        version=services.versions.software,
        description="Inspect returned goods: scan, accept or change the proposal, see what the OMS knows.",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        responses=_PROBLEMS,
    )
    install(app, problems)
    app.include_router(desk_routes(services))
    app.include_router(record_routes(services))
    app.include_router(system_routes(services, catalogues, live))
    app.include_router(trust_routes(services))
    app.include_router(teaching_routes(services))
    app.include_router(page_routes(services, catalogues))
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.add_middleware(Guard, hosts=services.hosts, problems=problems)
    return app
