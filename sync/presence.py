"""Saying who is here: birth, death and will.

The birth tells the OMS which run of the station this is, what runs on it, and where it stands. The will is
a death that the broker publishes when we vanish; it names its epoch, so that a late will of an earlier run
is not taken for ours. The station listens to its own birth and death too:

- a birth of an unknown epoch that reaches us after our own came from a second station of our name, which is
  alive: of the two, the one with the lesser epoch stops (`Presence.gives_way_to`);
- a death of our own epoch while we live comes from a connection that we lost before: the birth is published
  again.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sync.carried import CarriedEpoch, carried_epochs
from sync.contract.messages import (
    Birth,
    CarriedStation,
    Death,
    EpochSummary,
    LostRange,
    ModelVersion,
    PolicyVersion,
    StreamPosition,
)
from sync.epochs import rank
from sync.outbox import Outbox
from sync.streams import Streams
from sync.wire import Publication

CARRIED_EPOCHS = 200  # of each station whose outbox was imported here
EPOCHS_IN_BIRTH = 50  # the newest, and every one with losses


@dataclass(frozen=True, slots=True)
class StationDescription:
    """What the birth says of the station.

    Attributes:
        software: Version of this program.
        clock_ok: Whether the wall clock is known to be right.
        model: The active model package.
        policies: The policy packs in use.
    """

    software: str
    clock_ok: bool = True
    model: ModelVersion | None = None
    policies: tuple[PolicyVersion, ...] = field(default=())


class Presence:
    """Builds the station's birth and death.

    Args:
        outbox: Knows the epochs.
        streams: Knows the offsets.
        describe: Says what runs here, at the moment of the birth.
        now: Wall time.
    """

    def __init__(
        self,
        outbox: Outbox,
        streams: Streams,
        *,
        describe: Callable[[], StationDescription],
        now: Callable[[], datetime],
    ) -> None:
        self._outbox = outbox
        self._streams = streams
        self._describe = describe
        self._now = now
        self._heard_ourselves = False  # our own birth came back to us: what comes later was said later

    def birth(self) -> Publication:
        """Published, retained, on each connection, and when the OMS asks."""
        described = self._describe()
        epochs = self._outbox.epochs()
        named = [summary for summary in epochs[:-EPOCHS_IN_BIRTH] if summary.lost] + epochs[-EPOCHS_IN_BIRTH:]
        identity = self._outbox.identity
        carried = [one for one in carried_epochs(self._outbox.database) if one.site == identity.site]
        message = Birth(
            site=identity.site,
            station=identity.station,
            epoch=self._outbox.epoch.text,
            started_at=self._outbox.epoch.started_at,
            sent_at=self._now(),
            clockok=described.clock_ok,
            software=described.software,
            model=described.model,
            policies=described.policies,
            streams=tuple(
                StreamPosition(stream=place.stream, stream_id=place.stream_id, offset=place.offset)
                for place in self._streams.places()
            ),
            epochs=tuple(
                EpochSummary(
                    epoch=summary.epoch,
                    last=summary.last_sequence,
                    lost=tuple(LostRange(first=first, last=last) for first, last in summary.lost),
                )
                for summary in named
            )
            + _summaries(one for one in carried if one.station == identity.station),
            carries=_carries(identity.station, carried) or None,
        )
        return Publication(identity.topics.birth, message.to_wire(), retain=True)

    def will(self) -> Publication:
        """Given to the broker at connect: published when the connection ends without a farewell."""
        return self._death(graceful=False)

    def farewell(self) -> Publication:
        """Published on an orderly stop."""
        return self._death(graceful=True)

    def gives_way_to(self, birth: Birth) -> bool:
        """Whether a birth under our name comes from a second station that is alive, and that is to stay.

        No clock is asked. The broker keeps the order of what is said on a topic, so a birth that reaches us
        after our own was said after it, and not by one of our earlier runs, not even by one that a restored
        database has forgotten. Both stations see each other like that, and both compare the same two epochs:
        the one with more starts stays (between equals the random part decides), so that exactly one stops. A
        newcomer under a wrong name, with few starts, stops itself and not the station that is at work.
        """
        ours = self._outbox.epoch
        if birth.epoch == ours.text:
            self._heard_ourselves = True
            return False
        if not self._heard_ourselves or any(birth.epoch == known.epoch for known in self._outbox.epochs()):
            return False
        return rank(birth.epoch) > rank(ours.text)

    def is_own_death(self, death: Death) -> bool:
        """Whether a death names the present run, which is alive to read it."""
        return death.epoch == self._outbox.epoch.text

    def _death(self, *, graceful: bool) -> Publication:
        identity = self._outbox.identity
        message = Death(
            site=identity.site, station=identity.station, epoch=self._outbox.epoch.text, graceful=graceful
        )
        return Publication(identity.topics.death, message.to_wire(), retain=True)


def _carries(own: str, carried: list[CarriedEpoch]) -> tuple[CarriedStation, ...]:
    return tuple(
        CarriedStation(station=station, epochs=_summaries(one for one in carried if one.station == station))
        for station in sorted({one.station for one in carried} - {own})
    )


def _summaries(carried: Iterable[CarriedEpoch]) -> tuple[EpochSummary, ...]:
    """Imported runs as a birth names them; the newest, where there are too many."""
    return tuple(
        EpochSummary(
            epoch=one.epoch,
            last=one.last,
            lost=tuple(LostRange(first=first, last=last) for first, last in one.lost),
        )
        for one in list(carried)[-CARRIED_EPOCHS:]
    )
