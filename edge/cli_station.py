"""`darkstore run` and `broker`: what runs for ever."""

import logging
from contextlib import closing, suppress
from typing import Annotated

import typer

from edge.cli_settings import DEFAULT_CONFIG, ConfigOption, read_settings

LOOPBACK = "127.0.0.1"
MQTT_PORT = 1883


def register(parent: typer.Typer) -> None:
    """Put the commands under `darkstore`."""
    parent.command("run")(run)
    parent.command("broker")(broker)


def run(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Run the station until it is told to stop (Ctrl-C or SIGTERM)."""
    from edge.bootstrap import open_station
    from edge.serving import bind, serve

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    settings = read_settings(config)
    host, port = settings.station.host, settings.station.port
    with closing(bind(host, port)) as listener, open_station(settings) as station:
        serve(station, listener, ready=lambda: typer.echo(f"The station is up: http://{host}:{port}"))


def broker(
    host: Annotated[
        str, typer.Option(help="Address to listen on; the broker asks nobody who they are.")
    ] = LOOPBACK,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = MQTT_PORT,
) -> None:
    """Run the embedded MQTT 5 broker: for a demo, a test, or a site that has none.

    It keeps messages in memory only; nothing is lost by that, because the station owes each message until
    the OMS has confirmed it.
    """
    import signal

    from sync.broker import EmbeddedBroker

    def stop(number: int, frame: object) -> None:
        del number, frame
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    with EmbeddedBroker(host, port) as running, suppress(KeyboardInterrupt):
        typer.echo(f"MQTT 5 broker on {host}:{port}; Ctrl-C ends it.")
        running.wait()
