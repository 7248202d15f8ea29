"""A station that is careless on purpose: it takes the broker's PUBACK for the OMS's answer.

    python -m edge.lab.torture.nursery_process forks it as `puback_station:main`

Only tests start it. It shows that the torture can fail.
"""

import uuid
from typing import Any

import sync.delivery
from edge.lab.torture import station_process
from sync.contract.messages import Acks, Answer, AnswerStatus
from sync.mqtt import MqttLink
from sync.wire import Received


class PubackLink(MqttLink):
    """Answers each confirmed publication as though the OMS had applied it."""

    def _on_publish(self, client: Any, _: Any, mid: int, reason: Any, properties: Any) -> None:
        tokens = self._tokens.get(mid, ())
        super()._on_publish(client, _, mid, reason, properties)
        if tokens and reason.value < 0x80:
            acks = Acks(
                epoch="000001-000000",
                through=0,
                through_id=None,
                results=tuple(Answer(id=token, status=AnswerStatus.APPLIED) for token in tokens),
            )
            topic = next(one for one in self._subscriptions if one.endswith("/acks"))
            self._on_event(Received(topic, acks.to_wire(), mid=uuid.uuid4().int % 65_535, qos=0))


def main(arguments: list[str]) -> None:
    """Run until SIGTERM."""
    vars(sync.delivery)["MqttLink"] = PubackLink
    station_process.main(arguments)
