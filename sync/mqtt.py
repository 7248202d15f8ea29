"""The connection to the MQTT broker: MQTT 5 over paho, in one thread of its own.

paho's own conveniences are left aside, because each loses or doubles something that we promise:

- its queue lives in memory and takes messages while offline; here nothing is handed over unless connected,
  and each connection gets a client of its own, so that nothing old is sent again behind the outbox's back;
- its reconnect doubles the delay without jitter; here `sync/retry.py` spreads a fleet that comes back at
  once, and a connection that was accepted and dropped at once counts as a failure;
- it acknowledges on delivery; here a received message is acknowledged after its commit;
- it leaves Nagle's algorithm on, which costs nine tenths of the confirmed rate with small messages.

A session taken over by another client of our id (0x8E) again and again ends the link: two stations of one
identity must be seen by people, not alternate at the broker.
"""

import contextlib
import logging
import random
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from sync.mqtt_client import (
    Arrival,
    BufferedClient,
    close_client,
    connect_properties,
    disable_nagle,
    tls_context,
)
from sync.retry import BackOff, failures_after
from sync.settings import BrokerSettings
from sync.wakeup import Wakeup
from sync.wire import Connected, Disconnected, LinkEvent, Publication, Received, Refused, packet_overhead

logger = logging.getLogger(__name__)

SESSION_TAKEN_OVER = 0x8E
SESSION_TAKEN_OVER_CODE = "broker.session_taken_over"
TAKEOVERS_BORNE = 5  # in a row; then people must look
TAKEOVER_MEMORY_S = 300.0  # a connection that lasted longer has forgotten the one before
FAREWELL_TIMEOUT_S = 2.0
POLL_S = 0.5  # how long the network may be silent before keepalive is looked at


class MqttLink:
    """Keeps one session at one broker; see `sync.wire.Link`.

    Args:
        settings: Where the broker is and how to prove who we are.
        client_id: The session's name at the broker.
        subscriptions: Topics to listen to, with QoS 1, on every connection.
        renewed: Those of them whose retained message is needed on every connection. Some brokers
            (rumqttd) send it to a new subscription only, so in a session that goes on these are given up and
            made anew.
        will: Gives the last word that the broker publishes when we vanish.
        rng: Draws the waits between attempts.
        monotonic: Seconds of a clock that nobody sets.

    Raises:
        CredentialsUnreadable: a configured password, certificate or key can't be used.
    """

    def __init__(
        self,
        settings: BrokerSettings,
        *,
        client_id: str,
        subscriptions: Sequence[str] = (),
        renewed: Sequence[str] = (),
        will: Callable[[], Publication] | None = None,
        rng: random.Random | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._client_id = client_id
        self._subscriptions = tuple(subscriptions)
        self._renewed = tuple(renewed)
        self._to_renew: tuple[str, ...] = ()
        self._will = will
        self._rng = rng or random.SystemRandom()
        self._monotonic = monotonic
        self._back_off = BackOff(settings.reconnect_base_s, settings.reconnect_cap_s)
        self._password = settings.read_password()
        self._tls = tls_context(settings) if settings.uses_tls else None
        self._on_event: Callable[[LinkEvent], None] = _ignore
        self._thread: threading.Thread | None = None
        self._client: BufferedClient | None = None
        self._connection = 0
        self._online = False
        self._subscribed: int | None = None
        self._session_present = False
        self._ended: Disconnected | None = None
        self._maximum_packet = 0  # bytes that the broker takes; 0: any
        self._receive_maximum = 65_535  # publications that the broker takes without having confirmed one
        self._tokens: dict[int, tuple[str, ...]] = {}
        self._outgoing: deque[tuple[int, Publication | Received]] = deque()
        self._stopping = threading.Event()
        self._farewell: Publication | None = None
        self._wakeup = Wakeup()

    # -- what the owner calls, from any thread

    def start(self, on_event: Callable[[LinkEvent], None]) -> None:
        """Connect, and keep reconnecting, in a thread of its own."""
        self._on_event = on_event
        self._thread = threading.Thread(target=self._run, name=f"mqtt-{self._client_id}", daemon=True)
        self._thread.start()

    def publish(self, publications: list[Publication]) -> None:
        """Send with QoS 1 over the present connection, or drop where there is none."""
        connection = self._connection
        if self._online:
            self._outgoing.extend((connection, publication) for publication in publications)
            self._wakeup.wake()

    def acknowledge(self, *received: Received) -> None:
        """Confirm deliveries of the present connection; one of an earlier connection will come again."""
        self._outgoing.extend((one.connection, one) for one in received if one.qos)
        self._wakeup.wake()

    def stop(self, farewell: Publication | None = None) -> None:
        """Say a last word where possible, and end the thread."""
        self._farewell = farewell
        self._stopping.set()
        self._wakeup.wake()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self._wakeup.close()

    # -- the thread

    def _run(self) -> None:
        failures = takeovers = 0
        while not self._stopping.is_set():
            began = self._monotonic()
            ended, was_online = self._one_connection()
            if self._stopping.is_set():
                break
            lasted = self._monotonic() - began if was_online else None
            if ended.code == SESSION_TAKEN_OVER_CODE:
                # Who came later stays, and births tell who that is; one that says no births is left to its
                # own.
                takeovers = 1 if lasted is not None and lasted > TAKEOVER_MEMORY_S else takeovers + 1
                ended = replace(ended, taken_over=takeovers >= TAKEOVERS_BORNE)
            self._on_event(ended)
            if ended.taken_over:
                logger.error("another client took over the session %s; the link stays down", self._client_id)
                break
            failures = failures_after(
                failures, connected_for=lasted, stable_after=self._settings.stable_after_s
            )
            wait = self._back_off.wait(failures, self._rng)
            logger.info("%s: %s; next attempt in %.1f s", ended.code, ended.detail, wait)
            self._stopping.wait(wait)

    def _one_connection(self) -> tuple[Disconnected, bool]:
        """Connect and serve until the end; returns why it ended, and whether the broker had accepted us."""
        self._connection += 1
        self._ended, self._subscribed = None, None
        self._tokens.clear()
        client = self._client = self._new_client()
        was_online = False
        try:
            client.connect(
                self._settings.host,
                self._settings.port,
                keepalive=self._settings.keepalive_s,
                clean_start=False,
                properties=connect_properties(self._settings),
            )
            self._serve(client)
        except ssl.SSLCertVerificationError as error:
            self._ended = Disconnected(
                "broker.certificate_invalid",
                f"{self._settings.host} shows a certificate that can't be believed: {error.verify_message}",
            )
        except OSError as error:  # refused, unreachable, too late, a certificate that doesn't fit
            self._ended = self._ended or Disconnected(
                "broker.unreachable", str(error) or type(error).__name__
            )
        except Exception as error:  # bytes from the network may trip the client library anywhere
            logger.exception("the connection broke on what the broker sent")
            self._ended = Disconnected("broker.connection_lost", f"{type(error).__name__}: {error}")
        finally:
            was_online, self._online = self._online, False
            close_client(client)
            self._client = None
            self._outgoing.clear()
        ended = self._ended or Disconnected("broker.connection_lost", "the connection ended")
        if self._tls is not None and not was_online and ended.code == "broker.connection_lost":
            # TLS 1.3 has the broker look at our certificate only after we think that all is well.
            ended = Disconnected(
                "broker.refused",
                "it ended the TLS connection before it accepted us: does it know our certificate?",
            )
        return ended, was_online

    def _serve(self, client: BufferedClient) -> None:
        deadline = self._monotonic() + self._settings.connect_timeout_s
        next_misc = 0.0
        leaving: float | None = None
        while self._ended is None:
            if client.socket() is None:
                return
            client.exchange(self._wakeup, POLL_S)
            self._send_outgoing(client)
            if client.want_write():  # what paho's own callbacks queued
                client.loop_write()
            client.flush()
            now = self._monotonic()
            if now >= next_misc:
                next_misc = now + 0.5
                client.loop_misc()
                if not self._online and now > deadline:
                    self._ended = Disconnected("broker.unreachable", "the broker did not accept us in time")
            if self._stopping.is_set():
                leaving = self._leave(client, leaving, now)
                if leaving is None:
                    return

    def _leave(self, client: BufferedClient, leaving: float | None, now: float) -> float | None:
        """Publish the farewell, wait for its PUBACK, disconnect; returns None when done."""
        if leaving is None:
            if self._online and self._farewell is not None:
                self._publish(client, self._farewell)
            return now + FAREWELL_TIMEOUT_S
        if self._tokens and now < leaving and self._online:
            return leaving
        with contextlib.suppress(OSError):
            client.write_through()
            client.disconnect()
        return None

    def _send_outgoing(self, client: Client) -> None:
        while self._outgoing and self._ended is None:
            if len(self._tokens) >= self._receive_maximum and isinstance(self._outgoing[0][1], Publication):
                return
            connection, item = self._outgoing.popleft()
            if connection != self._connection:
                continue
            if isinstance(item, Received):
                client.ack(item.mid, item.qos)
            else:
                self._publish(client, item)

    def _publish(self, client: Client, item: Publication) -> None:
        if self._maximum_packet and len(item.payload) + packet_overhead(item.topic) > self._maximum_packet:
            if item.tokens:
                self._on_event(
                    Refused(item.tokens, f"larger than the broker takes ({self._maximum_packet} bytes)")
                )
            return
        info = client.publish(item.topic, item.payload, qos=1, retain=item.retain)
        if info.rc == MQTTErrorCode.MQTT_ERR_SUCCESS:
            self._tokens[info.mid] = item.tokens
        elif item.tokens and info.rc != MQTTErrorCode.MQTT_ERR_NO_CONN:
            self._on_event(Refused(item.tokens, f"the client library refused it ({info.rc.name})"))

    # -- paho's callbacks: all in the link's thread, none touches the database

    def _new_client(self) -> BufferedClient:
        client = BufferedClient(self._client_id, self._on_arrival)
        client.connect_timeout = self._settings.connect_timeout_s
        client.max_queued_messages_set(0)
        client.max_inflight_messages_set(0)  # `_send_outgoing` keeps to the broker's limit
        client.on_socket_open = disable_nagle
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_unsubscribe = self._on_unsubscribe
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        if self._settings.username is not None:
            client.username_pw_set(self._settings.username, self._password)
        if self._tls is not None:
            client.tls_set_context(self._tls)
        if self._will is not None:
            will = self._will()
            client.will_set(will.topic, will.payload, qos=1, retain=will.retain)
        return client

    def _on_connect(
        self, client: Client, _: Any, flags: ConnectFlags, reason: ReasonCode, properties: Properties | None
    ) -> None:
        if reason.is_failure:
            self._ended = Disconnected("broker.refused", str(reason))
            return
        self._receive_maximum = int(getattr(properties, "ReceiveMaximum", 65_535))
        self._maximum_packet = int(getattr(properties, "MaximumPacketSize", 0))
        self._session_present = bool(flags.session_present)
        self._to_renew = self._renewed if flags.session_present else ()
        if self._subscriptions:
            _, self._subscribed = client.subscribe([(topic, 1) for topic in self._subscriptions])
        else:
            self._go_online()

    def _on_unsubscribe(self, client: Client, *_: Any) -> None:
        self._subscribed = client.subscribe([(topic, 1) for topic in self._renewed])[1]

    def _on_subscribe(
        self, client: Client, _: Any, mid: int, reasons: list[ReasonCode], _properties: Properties | None
    ) -> None:
        refused = [
            f"{topic}: {reason}"
            for topic, reason in zip(self._subscriptions, reasons, strict=False)
            if reason.is_failure
        ]
        if refused:
            self._ended = Disconnected("broker.refused", f"subscription refused: {'; '.join(refused)}")
        elif mid == self._subscribed and self._to_renew:
            client.unsubscribe(list(self._to_renew))  # only after a SUBACK does every broker answer this
            self._to_renew = ()
        elif mid == self._subscribed:
            self._go_online()

    def _go_online(self) -> None:
        self._online = True
        self._on_event(Connected(self._session_present, self._maximum_packet))

    def _on_disconnect(
        self,
        _client: Client,
        _: Any,
        flags: DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if self._ended is not None:
            return
        if flags.is_disconnect_packet_from_server and reason.value == SESSION_TAKEN_OVER:
            self._ended = Disconnected(SESSION_TAKEN_OVER_CODE, str(reason))
        else:
            self._ended = Disconnected("broker.connection_lost", str(reason))

    def _on_arrival(self, arrival: Arrival) -> None:
        self._on_event(
            Received(
                topic=arrival.topic,
                payload=arrival.payload,
                retained=arrival.retained,
                mid=arrival.mid,
                connection=self._connection,
                qos=arrival.qos,
            )
        )

    def _on_publish(
        self, _client: Client, _: Any, mid: int, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        tokens = self._tokens.pop(mid, ())
        if reason.value >= 0x80:
            self._on_event(Refused(tokens, str(reason) if tokens else f"{reason} (a birth or a request)"))


def _ignore(_: LinkEvent) -> None:
    """Nobody listens yet."""
