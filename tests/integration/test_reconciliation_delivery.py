"""What an OMS lost is found by comparison, named, sent again, and said to be whole; doubling is named too."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from builders_messages import an_inspection
from fakes_sync import IDENTITY, a_delivery, an_outbox, free_port, wait_until

from sync.broker import EmbeddedBroker
from sync.comparison import Comparison, ComparisonState
from sync.delivery import Delivery
from sync.envelope import OutgoingEvent
from sync.oms.ledger import Ledger
from sync.oms.reconcile import Report, reconcile
from sync.oms.serving import receiver, utc_now
from sync.oms.settings import OmsSettings
from sync.outbox import Outbox
from sync.settings import BrokerSettings

# As though these events had never come: the books of an OMS are consistent, whatever it has lost.
FORGET = """
DELETE FROM inspections WHERE inspection_id IN (SELECT inspection_id FROM events WHERE sequence IN {these});
DELETE FROM postings WHERE event_id IN (SELECT id FROM events WHERE sequence IN {these});
DELETE FROM events WHERE sequence IN {these};
UPDATE balances SET quantity = (SELECT CAST(total(CAST(p.quantity AS REAL)) AS INTEGER) FROM postings p
    WHERE p.site = balances.site AND p.item = balances.item AND p.account = balances.account)
"""
DOUBLE = (
    "INSERT INTO postings SELECT event_id, entry + 10, site, item, lot, account, place, quantity, unit "
    "FROM postings WHERE event_id = ?"
)


@pytest.fixture
def broker() -> Iterator[EmbeddedBroker]:
    with EmbeddedBroker(port=free_port()) as running:
        yield running


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    made = an_outbox(tmp_path / "station", answer_timeout_s=5)
    yield made
    made.database.close()


def save(outbox: Outbox, numbers: range) -> None:
    with outbox.database.write():
        for number in numbers:
            data = an_inspection(f"i{number}", return_id=f"R-{number % 40}", line_id=None)
            outbox.append(OutgoingEvent(type=data.EVENT_TYPE, subject=data.return_id, data=data.to_data()))


@contextmanager
def both(outbox: Outbox, folder: Path, broker: EmbeddedBroker) -> Iterator[Delivery]:
    """The reference receiver and the station's delivery, at work."""
    settings = OmsSettings(
        data_dir=folder,
        broker=BrokerSettings(port=broker.port, reconnect_base_s=0.1, reconnect_cap_s=0.3),
        gap_quiet_s=60.0,  # what is missing is found by comparing, not by counting
    )
    delivery = a_delivery(outbox, broker.port)
    with receiver(settings):
        delivery.start()
        try:
            yield delivery
        finally:
            delivery.stop()


@contextmanager
def the_books(folder: Path) -> Iterator[Ledger]:
    ledger = Ledger.open(folder, now=utc_now)
    try:
        yield ledger
    finally:
        ledger.database.close()


def report_of(folder: Path) -> Report:
    with the_books(folder) as ledger:
        return reconcile(ledger.database)


def compared(delivery: Delivery) -> Comparison:
    """The verdict of a comparison that somebody asked for now."""
    before = delivery.reconciliation.result.finished_at
    delivery.reconciliation.ask()
    wait_until(lambda: delivery.reconciliation.result.finished_at != before)
    return delivery.reconciliation.result


def names(comparison: Comparison) -> set[int]:
    return {n for one in comparison.missing for n in range(one.first, one.last + 1)}


def test_a_station_compares_by_itself_and_finds_all_well(
    broker: EmbeddedBroker, outbox: Outbox, tmp_path: Path
) -> None:
    save(outbox, range(30))
    with both(outbox, tmp_path / "oms", broker) as delivery:
        assert delivery.reconciliation.result.state is ComparisonState.NEVER
        wait_until(lambda: outbox.counts().settled == 30)
        result = compared(delivery)
    assert (result.compared, result.missing, result.doubled, result.foreign) == (30, (), (), ())


def test_what_an_oms_lost_is_named_exactly_sent_again_and_whole_afterwards(
    broker: EmbeddedBroker, outbox: Outbox, tmp_path: Path
) -> None:
    folder = tmp_path / "oms"
    save(outbox, range(1100))
    with both(outbox, folder, broker):
        wait_until(lambda: outbox.counts().settled == 1100)
    assert report_of(folder).good
    lost = {5, 6, 7, 600, 1050}
    with the_books(folder) as ledger, ledger.database.write():
        for statement in FORGET.format(these=tuple(sorted(lost))).split(";"):
            ledger.database.sql(statement)
    before = report_of(folder)
    assert not before.good
    assert before.missing == 5

    with both(outbox, folder, broker) as delivery:
        found: list[Comparison] = []

        def healed() -> bool:
            result = delivery.reconciliation.result
            if result.finished_at is not None and result not in found:
                found.append(result)
            return bool(found) and not found[-1].missing

        wait_until(healed, timeout=40)
    assert names(found[0]) == lost
    assert found[0].compared == 1100
    assert found[-1].resent == 5
    assert report_of(folder).good
    assert report_of(folder).applied == 1100


def test_goods_that_are_booked_twice_are_named(
    broker: EmbeddedBroker, outbox: Outbox, tmp_path: Path
) -> None:
    folder = tmp_path / "oms"
    save(outbox, range(20))
    message_id = outbox.rows(limit=5)[-1].message_id
    with both(outbox, folder, broker):
        wait_until(lambda: outbox.counts().settled == 20)
    with the_books(folder) as ledger, ledger.database.write():
        ledger.database.sql(DOUBLE, (message_id,))
    with both(outbox, folder, broker) as delivery:
        wait_until(lambda: delivery.reconciliation.result.finished_at is not None)
        result = delivery.reconciliation.result
    assert result.doubled == (message_id,)
    assert result.missing == ()
    assert report_of(folder).doubled > 0


def test_an_older_copy_of_the_station_is_told_what_it_has_forgotten(
    broker: EmbeddedBroker, outbox: Outbox, tmp_path: Path
) -> None:
    save(outbox, range(10))
    outbox.database.sql("PRAGMA wal_checkpoint(TRUNCATE)")
    backup = outbox.database.path.read_bytes()
    save(outbox, range(10, 25))
    with both(outbox, tmp_path / "oms", broker):
        wait_until(lambda: outbox.counts().settled == 25)
    outbox.database.close()
    older = tmp_path / "older" / "station.db"
    older.parent.mkdir()
    older.write_bytes(backup)
    restored = an_outbox(older.parent, identity=IDENTITY)
    try:
        with both(restored, tmp_path / "oms", broker) as delivery:
            wait_until(lambda: delivery.reconciliation.result.forgotten)
            (stretch,) = delivery.reconciliation.result.forgotten
            assert (stretch.epoch, stretch.first, stretch.last) == (outbox.epoch.text, 11, 25)
            wait_until(lambda: restored.counts().owed == 0)
    finally:
        restored.database.close()


def test_without_an_oms_a_comparison_waits_and_is_made_up_for(
    broker: EmbeddedBroker, outbox: Outbox, tmp_path: Path
) -> None:
    delivery = a_delivery(outbox, broker.port)
    delivery.start()
    try:
        wait_until(lambda: delivery.relay.status().connected)
        delivery.reconciliation.ask()
        assert delivery.reconciliation.result.state is ComparisonState.DUE
        assert delivery.reconciliation.result.finished_at is None
        settings = OmsSettings(data_dir=tmp_path / "oms", broker=BrokerSettings(port=broker.port))
        with receiver(settings):
            wait_until(lambda: delivery.reconciliation.result.state is ComparisonState.DONE)
    finally:
        delivery.stop()
