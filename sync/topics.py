"""Where each kind of message travels.

    returns/v1/{site}/{station}/events      station → OMS
    returns/v1/{site}/{station}/acks        OMS → station
    returns/v1/{site}/{station}/requests    station → OMS
    returns/v1/{site}/{station}/commands    OMS → station
    returns/v1/{site}/{station}/birth       retained: who is here, and in which epoch
    returns/v1/{site}/{station}/death       retained: the will
    returns/v1/{site}/expected              OMS → all stations of a site
    returns/v1/{site}/reference             OMS → all stations of a site
    returns/v1/oms/state                    retained: whether the OMS is there

A station publishes only under its own prefix, so a broker's access list can be one line per station.

>>> StationIdentity("blr-04", "desk-1").topics.events
'returns/v1/blr-04/desk-1/events'
"""

import re
from dataclasses import dataclass

ROOT = "returns/v1"
OMS_STATE = f"{ROOT}/oms/state"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


@dataclass(frozen=True, slots=True)
class StationTopics:
    """The topics of one station and of its site."""

    events: str
    acks: str
    requests: str
    commands: str
    birth: str
    death: str
    expected: str
    reference: str
    oms_state: str = OMS_STATE

    @property
    def subscriptions(self) -> tuple[str, ...]:
        """What a station listens to; its own birth and death too, to notice a second station of its name."""
        return (
            self.oms_state,
            self.acks,
            self.commands,
            self.expected,
            self.reference,
            self.birth,
            self.death,
        )


@dataclass(frozen=True, slots=True)
class StationIdentity:
    """Which station this is: the site's code and the station's code within it.

    Raises:
        ValueError: if a code could not stand in a topic; `oms` is no site, since its prefix is the OMS's own.
    """

    site: str
    station: str

    def __post_init__(self) -> None:
        for what, code in (("site", self.site), ("station", self.station)):
            if NAME.fullmatch(code) is None:
                raise ValueError(
                    f"{what} {code!r} must be 1 to 64 letters, digits, '.', '_' or '-', "
                    "starting with a letter or digit"
                )
        if self.site == "oms":
            raise ValueError("site 'oms' is reserved for the OMS's own topics; choose another code")

    @property
    def topics(self) -> StationTopics:
        """Its topics."""
        site = f"{ROOT}/{self.site}"
        own = f"{site}/{self.station}"
        return StationTopics(
            events=f"{own}/events",
            acks=f"{own}/acks",
            requests=f"{own}/requests",
            commands=f"{own}/commands",
            birth=f"{own}/birth",
            death=f"{own}/death",
            expected=f"{site}/expected",
            reference=f"{site}/reference",
        )

    @property
    def client_id(self) -> str:
        """The MQTT client id: the broker keeps one session under it, and a second station takes it over."""
        return f"{self.site}.{self.station}"

    @property
    def source(self) -> str:
        """The CloudEvents source."""
        return f"/{self.site}/{self.station}"
