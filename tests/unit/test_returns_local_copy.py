"""The station's copy of what the OMS expects: what a cancellation leaves in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from builders_messages import NOW, an_expected_return

from edge.bootstrap import EDGE_MIGRATIONS
from edge.returns.expected import ExpectedState
from edge.returns.store import LocalCopy
from sync.contract.messages.expected import ExpectedCancel, ExpectedItem, ExpectedUpsert
from sync.database import Database
from sync.records import SYNC_MIGRATIONS

WIRE = an_expected_return("R-1")
REFERENCE = WIRE.references[0].value
TOLD = ExpectedUpsert(offset=1, expected=WIRE)
NAMED = ExpectedCancel(offset=2, return_id="R-1")
WHOLE = ExpectedCancel(offset=2, return_id="R-1", expected=WIRE)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database.open(tmp_path / "station.db", [SYNC_MIGRATIONS, EDGE_MIGRATIONS], now=lambda: NOW)
    yield opened
    opened.close()


@pytest.mark.parametrize("items", [(TOLD, NAMED), (TOLD, WHOLE), (WHOLE,), (WHOLE, WHOLE)])
def test_a_cancelled_return_is_found_as_cancelled(
    database: Database, items: tuple[ExpectedItem, ...]
) -> None:
    copy = LocalCopy(database, now=lambda: NOW)
    with database.write():
        copy.apply_expected(items)
    (found,) = copy.find(REFERENCE)
    assert (found.return_id, found.state) == ("R-1", ExpectedState.CANCELLED)


def test_a_cancelled_return_known_by_its_id_alone_is_not_found(database: Database) -> None:
    copy = LocalCopy(database, now=lambda: NOW)
    with database.write():
        copy.apply_expected([NAMED])
    assert copy.find(REFERENCE) == []


def test_a_cancellation_of_one_return_cannot_carry_another() -> None:
    with pytest.raises(ValueError, match="another return"):
        ExpectedCancel(offset=2, return_id="R-2", expected=WIRE)
