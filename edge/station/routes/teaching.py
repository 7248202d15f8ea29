"""Golden pictures: what intact units look like, taught by a supervisor at the station."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from edge.inspection.teaching import FoundCode, Taken, TaughtProduct, TaughtSummary
from edge.station.errors import NotFound
from edge.station.schemas import FindIn, RemoveGoldenIn, Sku, TakeGoldenIn, ViewName
from edge.station.services import StationServices

_A_DAY = "private, max-age=86400, immutable"  # a picture's name is its digest


def teaching_routes(services: StationServices) -> APIRouter:
    """Routes of teaching; what changes something takes a supervisor's badge."""
    router = APIRouter(prefix="/api/golden", tags=["golden pictures"])
    teaching = services.teaching

    @router.get("")
    def products() -> list[TaughtSummary]:
        """Products that have golden pictures."""
        return list(teaching.products())

    @router.post("/find")
    def find(body: FindIn) -> FoundCode:
        """What a scanned or typed text means here: a product or a badge. Changes nothing."""
        return teaching.find(body.text)

    @router.get("/product")
    def product(sku: Annotated[Sku, Query()]) -> TaughtProduct:
        """A product's golden pictures, camera by camera, and whether they suffice."""
        return teaching.product(sku)

    @router.get("/picture", response_class=Response)
    def picture(
        sku: Annotated[Sku, Query()],
        view: Annotated[ViewName, Query()],
        name: Annotated[str, Query(pattern=r"^[0-9a-f]{64}$")],
    ) -> Response:
        """A golden picture, small."""
        jpeg = teaching.picture(sku, view, name)
        if jpeg is None:
            raise NotFound(what=name)
        return Response(jpeg, media_type="image/jpeg", headers={"Cache-Control": _A_DAY})

    @router.post("/take")
    def take(body: TakeGoldenIn) -> Taken:
        """Take a picture of the intact unit that lies there, with each camera or those named."""
        return teaching.take(body.sku, views=body.views, badge=body.badge)

    @router.post("/remove")
    def remove(body: RemoveGoldenIn) -> TaughtProduct:
        """Take a picture out of the set."""
        return teaching.remove(body.sku, body.view, body.name, badge=body.badge)

    return router
