"""The floor of a drain: bare paho publishing the same bytes with QoS 1 until the last PUBACK."""

import socket
import threading
import time
from typing import Any

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from edge.lab.errors import BenchFailed

TOPIC = "bench/floor"
PATIENCE_S = 120.0


def bare_publishes_a_second(host: str, port: int, payload: bytes, count: int, window: int) -> float:
    """Publish to PUBACK, with a window in flight and TCP_NODELAY; nobody listens.

    Raises:
        BenchFailed: The broker did not confirm everything in time.
    """
    done, connected = threading.Event(), threading.Event()
    left = [count]

    def on_connect(client: Client, *_: Any) -> None:
        sock = client.socket()
        if isinstance(sock, socket.socket):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connected.set()

    def on_publish(*_: Any) -> None:
        left[0] -= 1
        if left[0] == 0:
            done.set()

    client = Client(CallbackAPIVersion.VERSION2, client_id="bench-floor", protocol=MQTTProtocolVersion.MQTTv5)
    client.max_inflight_messages_set(window)
    client.max_queued_messages_set(0)
    client.on_connect, client.on_publish = on_connect, on_publish
    client.connect(host, port)
    client.loop_start()
    try:
        if not connected.wait(PATIENCE_S):
            raise BenchFailed("the broker accepted nobody")
        began = time.perf_counter()
        for _ in range(count):
            client.publish(TOPIC, payload, qos=1)
        if not done.wait(PATIENCE_S):
            raise BenchFailed(f"the broker left {left[0]} of {count} messages unconfirmed")
        return count / (time.perf_counter() - began)
    finally:
        client.disconnect()
        client.loop_stop()
