"""What an acted station says of itself when it comes and goes."""

from collections.abc import Mapping
from datetime import datetime

from sync.contract.messages import Birth, CarriedStation, Death, EpochSummary, LostRange
from sync.oms.conformance.events import utc_now
from sync.topics import StationIdentity
from sync.wire import Publication


def birth_of(
    identity: StationIdentity,
    epoch: str,
    *,
    began: datetime,
    lasts: Mapping[str, int],
    lost: tuple[tuple[int, int], ...],
    carries: tuple[CarriedStation, ...] | None,
) -> Birth:
    """The birth: each epoch with its last sequence; what is lost belongs to the present one."""
    return Birth(
        site=identity.site,
        station=identity.station,
        epoch=epoch,
        started_at=began,
        sent_at=utc_now(),
        clockok=True,
        software="conformance",
        epochs=tuple(
            EpochSummary(
                epoch=one,
                last=number,
                lost=tuple(LostRange(first=first, last=end) for first, end in lost) if one == epoch else (),
            )
            for one, number in lasts.items()
        ),
        carries=carries,
    )


def death_of(identity: StationIdentity, epoch: str, *, graceful: bool) -> Publication:
    """The farewell, or the will."""
    death = Death(site=identity.site, station=identity.station, epoch=epoch, graceful=graceful)
    return Publication(identity.topics.death, death.to_wire(), retain=True)


def carried(identity: StationIdentity, epoch: str, last: int) -> CarriedStation:
    """A station, as another one's birth names it that carries its events."""
    return CarriedStation(station=identity.station, epochs=(EpochSummary(epoch=epoch, last=last),))
