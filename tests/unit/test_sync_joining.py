"""Several events in one message, and what a stranger may send in their place."""

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.joining import EACH_BYTES, MOST_EVENTS, Joining, join, most_in, split
from sync.owed import Owed
from sync.wire import packet_overhead

objects = st.dictionaries(st.text(max_size=8), st.text(max_size=20) | st.integers(), max_size=4)
texts = st.lists(objects.map(lambda one: json.dumps(one, ensure_ascii=False).encode()), min_size=1)


@given(texts)
def test_what_was_joined_is_split_into_the_same_bytes(events: list[bytes]) -> None:
    message = join(events)
    assert split(message, len(message)) == events
    assert most_in(message) == len(events)
    if len(events) == 1:
        assert message == events[0]
    else:
        assert len(message) == sum(len(one) + EACH_BYTES for one in events)


@given(st.binary(max_size=200))
def test_any_bytes_give_one_text_at_least(payload: bytes) -> None:
    found = split(payload, 300)
    assert found
    assert len(found) <= most_in(payload)
    assert all(one in payload for one in found)


@pytest.mark.parametrize(
    ("payload", "found"),
    [
        (b'{\n "a": 1\n}\n', [b'{\n "a": 1\n}\n']),  # one event, written for people
        (b'\x1e{"a":1}\n', [b'{"a":1}']),
        (b'\x1e\x1e{"a":1}\n\x1e', [b'{"a":1}']),  # as RFC 7464 has it, nothing between two marks is nothing
        (b'\x1e{"a":1}\n\x1e{"b":', [b'{"a":1}', b'{"b":']),
        (b"\x1e", [b"\x1e"]),
    ],
)
def test_messages_of_others(payload: bytes, found: list[bytes]) -> None:
    assert split(payload, 300) == found


def test_a_message_larger_than_is_looked_at_stays_whole() -> None:
    payload = b"\x1e{}\n" * 3
    assert split(payload, len(payload) - 1) == [payload]


def test_a_message_of_more_texts_than_are_ever_sent_stays_whole() -> None:
    payload = b"\x1ea" * (MOST_EVENTS + 1)
    assert split(payload, len(payload)) == [payload]
    assert len(split(payload[2:], len(payload))) == MOST_EVENTS


def owed(place: int, attempts: int = 0) -> Owed:
    return Owed(place, str(place), "R", place, "e", place, "s", "d", "PENDING", attempts, None)


def sizes(joining: Joining, rows: list[Owed], length: int = 10) -> list[int]:
    return [len(tokens) for _, tokens in joining.messages(rows, [b"x" * length] * len(rows))]


def a_joining(most: int = 3, join_bytes: int = 1000) -> Joining:
    joining = Joining("t", join_bytes)
    joining.accepted(0)
    joining.oms_takes(most)
    return joining


drawn_rows = st.lists(st.tuples(st.integers(0, 2), st.integers(1, 400)), max_size=40)


@given(drawn_rows, st.integers(1, 10), st.integers(0, 1500))
def test_rows_share_messages_in_order_within_all_limits(
    drawn: list[tuple[int, int]], most: int, size: int
) -> None:
    rows = [owed(place, attempts) for place, (attempts, _) in enumerate(drawn)]
    envelopes = [b"x" * length for _, length in drawn]
    messages = list(a_joining(most, size).messages(rows, envelopes))
    assert [text for payload, _ in messages for text in split(payload, len(payload))] == envelopes
    assert [token for _, tokens in messages for token in tokens] == [row.message_id for row in rows]
    for payload, tokens in messages:
        if len(tokens) > 1:
            assert not any(rows[int(token)].attempts for token in tokens)
            assert len(tokens) <= most
            assert len(payload) <= size
    for (_, before), (_, after) in itertools.pairwise(messages):  # none is left alone without a reason
        joined = [int(token) for token in (*before, after[0])]
        untried = not any(rows[place].attempts for place in joined)
        fits = len(joined) <= most and sum(len(envelopes[place]) + EACH_BYTES for place in joined) <= size
        assert not (untried and fits)


def test_what_was_on_its_way_when_the_connection_ended_leaves_alone_until_it_is_answered() -> None:
    joining = a_joining()
    rows = [owed(place) for place in range(6)]
    assert sizes(joining, rows[:3]) == [3]
    joining.interrupted(["0", "1", "2"])
    joining.accepted(0)
    assert sizes(joining, rows) == [1, 1, 1, 3]
    joining.interrupted([])  # the next connection ended before anything was sent
    assert sizes(joining, rows) == [1, 1, 1, 3]
    joining.answered("1")
    assert sizes(joining, rows) == [1, 1, 1, 3]
    joining.answered("0")
    assert sizes(joining, rows) == [2, 1, 3]


def test_where_nothing_joined_ever_arrives_nothing_more_is_joined_on_this_connection() -> None:
    joining = a_joining()
    rows = [owed(place) for place in range(6)]
    assert sizes(joining, rows) == [3, 3]
    joining.failed(["0"])
    assert sizes(joining, rows) == [1] * 6
    joining.accepted(0)
    assert sizes(joining, rows) == [3, 3]
    joining.answered("0")
    joining.failed(["3"])  # what is joined arrives: this one failed for a reason of its own
    assert sizes(joining, rows) == [3, 3]


def test_nothing_is_joined_where_the_site_says_so_or_the_broker_takes_little() -> None:
    rows = [owed(place) for place in range(4)]
    assert sizes(a_joining(10, 0), rows) == [1] * 4
    joining = a_joining(10)
    joining.accepted(packet_overhead("t") + 2 * (10 + EACH_BYTES))
    assert sizes(joining, rows) == [2, 2]
    joining.accepted(5)  # less than one event: the link refuses it, in words
    assert sizes(joining, rows) == [1] * 4
