"""The station itself: what it owes, how its parts are, what it says, and its live updates."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Response, WebSocket
from fastapi.responses import PlainTextResponse

from edge.station.catalogue import Catalogues
from edge.station.live import LiveUpdates
from edge.station.metrics import prometheus_text
from edge.station.schemas import Done, Health, ViewsTaken
from edge.station.services import ComparisonView, HealthState, OutboxRowView, ReasonCodes, StationServices

_SEVERITY = [HealthState.OK, HealthState.WARNING, HealthState.FAILED]
MessageId = Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{1,64}$")]


def system_routes(services: StationServices, catalogues: Catalogues, live: LiveUpdates) -> APIRouter:
    """Routes of the station as a machine."""
    router = APIRouter(tags=["station"])

    @router.get("/api/outbox")
    def outbox(
        state: Annotated[list[Literal["PENDING", "SENT", "SETTLED", "DEAD"]] | None, Query()] = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
        before: Annotated[str | None, Query(pattern=r"^[A-Za-z0-9-]{1,64}$")] = None,
    ) -> list[OutboxRowView]:
        """Messages for the OMS, newest first."""
        return list(services.delivery.rows(states=state, limit=limit, before=before))

    @router.post("/api/outbox/{message_id}/retry")
    def retry(message_id: MessageId) -> Done:
        """Send a dead letter again, as a new event that replaces it."""
        services.delivery.retry(message_id)
        return Done()

    @router.post("/api/outbox/{message_id}/release")
    def release(message_id: MessageId) -> Done:
        """Leave a dead letter out for good, and let its return go on without it."""
        services.delivery.release(message_id)
        return Done()

    @router.get("/api/comparison")
    def comparison() -> ComparisonView:
        """What comparing this station's messages with the OMS's books has shown."""
        return services.delivery.comparison()

    @router.post("/api/comparison")
    def compare_now() -> ComparisonView:
        """Compare now, or as soon as the OMS is there; the answer is how it stands at this moment."""
        services.delivery.compare_now()
        return services.delivery.comparison()

    @router.post("/api/cameras/empty-station")
    def empty_station() -> ViewsTaken:
        """Take pictures of the empty station, from which items are told; nothing may lie on it."""
        return ViewsTaken(views=list(services.workflow.remember_empty_station()))

    @router.get("/api/health")
    def health() -> Health:
        """How the parts of the station are."""
        checks = list(services.devices.checks())
        worst = max((check.state for check in checks), key=_SEVERITY.index, default=HealthState.OK)
        return Health(
            state=worst, checks=checks, devices=list(services.devices.devices()), versions=services.versions
        )

    @router.get("/api/reasons")
    def reasons() -> ReasonCodes:
        """Coded reasons for overrides, set-asides and resolved holds."""
        return services.reasons

    @router.get("/api/catalogue/{language}")
    def catalogue(language: Literal["en", "hi", "ta"]) -> dict[str, str]:
        """Every sentence of the station in one language; what it lacks is in English."""
        return dict(catalogues.sentences(language))

    @router.get("/metrics", response_class=PlainTextResponse)
    def metrics() -> Response:
        """Figures for Prometheus."""
        return PlainTextResponse(
            prometheus_text(services), media_type="text/plain; version=0.0.4; charset=utf-8"
        )

    @router.websocket("/api/live")
    async def live_updates(socket: WebSocket) -> None:
        await live.serve(socket)

    return router
