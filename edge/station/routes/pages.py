"""The pages for staff: plain HTML with the fixed texts in the person's language; scripts fill in the work."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from edge.station.catalogue import LANGUAGES, Catalogues
from edge.station.services import StationServices

TEMPLATES = Path(__file__).parent.parent / "templates"
LANGUAGE_COOKIE = "darkstore_language"
THEME_COOKIE = "darkstore_theme"
THEMES = ("auto", "light", "dark")

PAGES: Mapping[str, str] = {
    "/": "inspect",
    "/returns": "returns",
    "/holds": "holds",
    "/tasks": "tasks",
    "/status": "status",
    "/second-looks": "second_looks",
    "/golden": "golden",
    "/docs": "docs",
}


def page_routes(services: StationServices, catalogues: Catalogues) -> APIRouter:
    """One route per page."""
    router = APIRouter(include_in_schema=False)
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

    def render(name: str, request: Request) -> HTMLResponse:
        language = catalogues.language(request.cookies.get(LANGUAGE_COOKIE), services.language)
        theme = request.cookies.get(THEME_COOKIE, "auto")
        html = environment.get_template(f"{name}.html").render(
            page=name,
            language=language,
            languages=LANGUAGES,
            theme=theme if theme in THEMES else "auto",
            t=partial(catalogues.text, language),
            catalogue_digest=catalogues.digest,
            site=services.site,
            station=services.station,
            utc_offset=services.utc_offset_minutes,
        )
        return HTMLResponse(html)

    def add(path: str, name: str) -> None:
        @router.get(path, response_class=HTMLResponse, name=f"page_{name}")
        def page(request: Request) -> HTMLResponse:
            return render(name, request)

    for path, name in PAGES.items():
        add(path, name)

    @router.get("/favicon.ico")
    def favicon() -> Response:
        """Browsers ask for it unasked; the pages name their own icon."""
        return Response(status_code=204)

    return router
