"""Several events in one message, and what a stranger may send in their place."""

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.joining import EACH_BYTES, Room, join, most_in, split
from sync.owed import Owed

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


rows = st.lists(st.tuples(st.integers(0, 2), st.integers(1, 400)), max_size=40)


@given(rows, st.integers(1, 10), st.integers(0, 1500))
def test_rows_share_messages_in_order_within_all_limits(
    drawn: list[tuple[int, int]], events: int, size: int
) -> None:
    owed = [
        Owed(place, str(place), "R", place, "e", place, "s", "d", "PENDING", attempts, None)
        for place, (attempts, _) in enumerate(drawn)
    ]
    envelopes = [b"x" * length for _, length in drawn]
    parts = list(Room(events, size).parts(owed, envelopes))
    assert [row for part in parts for row in owed[part]] == owed
    for part in parts:
        together = owed[part]
        assert together
        if len(together) > 1:
            assert not any(row.attempts for row in together)
            assert len(together) <= events
            assert len(join(envelopes[part])) <= size
    for before, after in itertools.pairwise(parts):  # none is left alone without a reason
        joined = envelopes[before] + envelopes[after][:1]
        untried = not any(row.attempts for row in [*owed[before], owed[after][0]])
        fits = len(joined) <= events and sum(len(one) + EACH_BYTES for one in joined) <= size
        assert not (untried and fits)
