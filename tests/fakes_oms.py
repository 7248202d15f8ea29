"""A receiver without a broker: events in, answers out, on a real ledger."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Self

from builders_messages import EPOCH, NOW

from sync.contract.messages import Acks, Answer, AnswerStatus, AnyEvent, Birth, ExpectedReturn, Product
from sync.oms.batches import BatchApplier, StationAcks, read_delivery
from sync.oms.carrying import Carrying
from sync.oms.ledger import Ledger
from sync.oms.loading import ExpectedFile, ReferenceFile
from sync.oms.marks import Marks
from sync.oms.matching import match_blind_returns
from sync.oms.settings import OmsSettings
from sync.oms.stations import Stations
from sync.oms.streams import Streams


class Desk:
    """Delivers events as a broker would, and gives the answer to each."""

    def __init__(self, folder: Path, now: datetime = NOW) -> None:
        self.ledger = Ledger.open(folder, now=lambda: now)
        self.carrying = Carrying(self.ledger.database, now=lambda: now)
        marks = Marks(self.ledger.database)
        self.applier = BatchApplier(self.ledger, marks, self.carrying, now=lambda: now)
        self.streams = Streams(self.ledger.database, new_stream_id=lambda: "stream-1")
        self.through = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ledger.database.close()

    def announce(self, birth: Birth) -> None:
        """A birth comes, as far as it says whose events come through whom."""
        Stations(
            self.ledger.database,
            Marks(self.ledger.database),
            OmsSettings(data_dir=Path()),
            self.carrying,
            new_id=lambda: "c-1",
            monotonic=lambda: 0.0,
        ).born(birth)

    def deliver_raw(self, *payloads: bytes, station: str = "desk-1") -> Acks:
        """One batch of one station; its answers in one message."""
        batch = [read_delivery(f"returns/v1/blr-01/{station}/events", payload) for payload in payloads]
        acks = self.applier.apply(batch)
        return acks[-1].acks if acks else Acks(epoch=EPOCH, through=0)

    def deliver(self, *events: AnyEvent) -> Acks:
        """One batch of one station."""
        return self.deliver_raw(*(event.to_wire() for event in events), station=events[0].station)

    def tell_all(self, *events: AnyEvent) -> list[Answer]:
        """One batch; the answer to each event, those that the mark alone tells included."""
        batch = [
            read_delivery(f"returns/v1/{one.site}/{one.station}/events", one.to_wire()) for one in events
        ]
        acks = self.applier.apply(batch)
        return [self._answer(one, acks) for one in events]

    def tell(self, event: AnyEvent) -> Answer:
        """The answer to one event."""
        return self.tell_all(event)[0]

    def expect(self, *returns: ExpectedReturn) -> list[str]:
        """The OMS learns of returns; gives the blind ones that were matched by that."""
        self.streams.take_expected(ExpectedFile(site="blr-01", returns=returns))
        return match_blind_returns(self.ledger)

    def know_product(self, sku: str, gtin: str) -> None:
        """The OMS learns that a GTIN belongs to a SKU."""
        product = Product(sku=sku, gtins=(gtin,), name=sku, category="default")
        self.streams.take_reference(ReferenceFile(site="blr-01", products=(product,)))

    def stock(self, item: str | None = "TEA-250") -> dict[str, Decimal]:
        """Accounts of an article, or of all together, that are not zero."""
        found: dict[str, Decimal] = {}
        for (_, name, account, _), quantity in self.ledger.balances().items():
            if item in (None, name):
                found[account] = found.get(account, Decimal(0)) + quantity
        return {account: quantity for account, quantity in found.items() if quantity}

    def quarantined(self) -> int:
        """Messages that could not be answered."""
        return int(self.ledger.database.sql("SELECT count(*) FROM quarantine")[0][0])

    def _answer(self, event: AnyEvent, acks: list[StationAcks]) -> Answer:
        for one in acks:
            if one.station != event.station or one.acks.epoch != event.epoch:
                continue
            self.through = one.acks.through
            for answer in one.acks.results:
                if answer.id == event.id:
                    return answer
        return Answer(id=event.id, status=AnswerStatus.APPLIED)
