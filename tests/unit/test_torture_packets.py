"""MQTT packets on the torture's wire: whatever is written is read again, however the bytes are cut."""

import socket

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from edge.lab.torture.mqtt_packets import (
    NotMqttError,
    PacketReader,
    Publish,
    kind_of,
    read_publish,
    write_puback,
    write_publish,
)

TOPICS = st.text(min_size=1, max_size=40).filter(lambda text: "\0" not in text and text.isprintable())
PUBLICATIONS = st.builds(
    lambda topic, payload, qos, retain, number: Publish(topic, payload, qos, retain, number if qos else None),
    TOPICS,
    st.binary(max_size=2_000),
    st.sampled_from([0, 1]),
    st.booleans(),
    st.integers(min_value=1, max_value=65_535),
)


@given(PUBLICATIONS)
def test_what_is_written_is_read_again(publish: Publish) -> None:
    assert read_publish(write_publish(publish)) == publish


@given(st.lists(PUBLICATIONS, max_size=5), st.integers(min_value=1, max_value=500))
@settings(max_examples=40)
def test_packets_come_whole_however_the_bytes_are_cut(published: list[Publish], size: int) -> None:
    stream = b"".join(write_publish(one) + write_puback(7) for one in published)
    reader = PacketReader()

    packets = [packet for at in range(0, len(stream), size) for packet in reader.feed(stream[at : at + size])]

    assert b"".join(packets) == stream
    assert [one for packet in packets if (one := read_publish(packet)) is not None] == published


@given(st.binary(max_size=200))
def test_any_bytes_end_in_packets_or_in_a_refusal(data: bytes) -> None:
    reader = PacketReader()
    try:
        packets = list(reader.feed(data))
    except NotMqttError:
        return
    assert data.startswith(b"".join(packets))
    for packet in packets:
        read_publish(packet)


def test_a_length_of_five_bytes_is_refused() -> None:
    with pytest.raises(NotMqttError):
        list(PacketReader().feed(b"\x30\xff\xff\xff\xff\x01"))


def test_a_puback_is_no_publication() -> None:
    assert kind_of(write_puback(3)) == 4
    assert read_publish(write_puback(3)) is None


def test_reads_what_a_real_client_writes() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        client._sock = ours
        client._send_publish(9, b"returns/v1/S/D/events", b"{}", 1, False)
        client.loop_write()
        packet = theirs.recv(1000)

    assert read_publish(packet) == Publish("returns/v1/S/D/events", b"{}", 1, False, 9)
