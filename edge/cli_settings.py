"""How commands find their station: `--config`, else DARKSTORE_CONFIG, else `station.toml` here."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from edge.lab.station_client import StationClient
    from edge.settings import Settings

ConfigOption = Annotated[
    Path,
    typer.Option("--config", "-c", envvar="DARKSTORE_CONFIG", help="The station's settings.", dir_okay=False),
]
DEFAULT_CONFIG = Path("station.toml")


def read_settings(config: Path) -> "Settings":
    """The settings of the station that a command is about.

    Raises:
        SettingsInvalid: There is no such file, or it says something impossible.
    """
    from edge.settings import load_settings

    return load_settings(config)


def running_station(settings: "Settings") -> "StationClient | None":
    """A connection to the station if it is running, else None.

    It is asked for its name, so that another program at that port is not taken for it.
    """
    from edge.lab.errors import StationRefused, StationUnreachable
    from edge.lab.station_client import StationClient

    client = StationClient(f"http://127.0.0.1:{settings.station.port}", timeout_s=10.0)
    try:
        state = client.get("/api/state")
    except (StationUnreachable, StationRefused, ValueError):
        client.close()
        return None
    names = (settings.station.site, settings.station.station)
    if not isinstance(state, dict) or (state.get("site"), state.get("station")) != names:
        client.close()
        return None
    return client
