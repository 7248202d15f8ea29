"""MQTT packets as they lie in what the network gives: cut anywhere, they are the same packets."""

import select
import socket
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.enums import MQTTErrorCode

from sync.mqtt_client import Arrival, BufferedClient
from sync.wakeup import Wakeup

MESSAGES = st.lists(
    st.tuples(
        st.text(alphabet="abc/é", min_size=1, max_size=20),
        st.binary(max_size=40) | st.integers(100, 20_000).map(bytes),
        st.booleans(),
        st.integers(1, 65_535),
    ),
    max_size=6,
)


def packet(topic: str, payload: bytes, retained: bool, mid: int) -> bytes:
    """A PUBLISH of QoS 1 without properties (MQTT 5, 3.3)."""
    name = topic.encode()
    body = len(name).to_bytes(2, "big") + name + mid.to_bytes(2, "big") + b"\x00" + payload
    length, left = bytearray(), len(body)
    while True:
        left, digit = left >> 7, left & 0x7F
        length.append(digit | (0x80 if left else 0))
        if not left:
            return bytes([0x32 | retained]) + bytes(length) + body


def received(pieces: list[bytes]) -> tuple[list[Arrival], BufferedClient]:
    arrivals: list[Arrival] = []
    ours, theirs = socket.socketpair()
    client, wakeup = BufferedClient("packets", arrivals.append), Wakeup()
    ours.setblocking(False)
    client._sock = ours
    try:
        for piece in pieces:
            theirs.sendall(piece)
            while client.socket() is not None and select.select([ours], [], [], 0)[0]:
                client.exchange(wakeup, 1.0)
    finally:
        ours.close()
        theirs.close()
        wakeup.close()
    return arrivals, client


@given(MESSAGES, st.lists(st.integers(0, 60_000), max_size=12))
def test_however_the_bytes_are_cut_the_messages_are_those_that_were_sent(messages, cuts):
    whole = b"".join(packet(*message) for message in messages)
    places = sorted({0, len(whole), *(cut for cut in cuts if cut < len(whole))})
    pieces = [whole[start:end] for start, end in pairwise(places)]
    arrivals, _ = received(pieces)
    assert [(one.topic, one.payload, one.retained, one.mid) for one in arrivals] == messages
    assert {one.qos for one in arrivals} <= {1}


def test_a_length_of_five_bytes_ends_the_connection():
    arrivals, client = received([b"\x32\xff\xff\xff\xff\x01" + b"x" * 20])
    assert arrivals == []
    assert client.socket() is None
    assert client.loop_read() is MQTTErrorCode.MQTT_ERR_NO_CONN


@given(st.lists(st.integers(1, 65_535), min_size=1, max_size=9000))
def test_pubacks_are_written_as_the_standard_says(mids):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        client = BufferedClient("packets", lambda _: None)
        client._sock = ours
        for mid in mids:
            client.ack(mid, 1)
        client.flush()
        written = theirs.recv(100_000, socket.MSG_WAITALL | socket.MSG_DONTWAIT)
    assert written == b"".join(b"\x40\x02" + mid.to_bytes(2, "big") for mid in mids)  # MQTT 5, 3.4
