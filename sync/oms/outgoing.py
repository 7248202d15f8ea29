"""What the receiver publishes, with its topics."""

from collections.abc import Iterable

from sync.contract.messages import Command, OmsState, StreamName
from sync.oms.batches import StationAcks
from sync.topics import OMS_STATE, StationIdentity
from sync.wire import Publication


def acks(answers: StationAcks) -> Publication:
    """Answers for a station."""
    topics = StationIdentity(answers.site, answers.station).topics
    return Publication(topics.acks, answers.acks.to_wire())


def command(site: str, station: str, message: Command) -> Publication:
    """A command for a station."""
    return Publication(StationIdentity(site, station).topics.commands, message.to_wire())


def stretches(site: str, stream: StreamName, payloads: Iterable[bytes]) -> list[Publication]:
    """Stretches of a stream, for all stations of a site."""
    topics = StationIdentity(site, "any").topics
    topic = topics.expected if stream is StreamName.EXPECTED else topics.reference
    return [Publication(topic, payload) for payload in payloads]


def presence(state: OmsState) -> Publication:
    """Whether the OMS is there; the broker keeps it for stations that come later."""
    return Publication(OMS_STATE, state.to_wire(), retain=True)
