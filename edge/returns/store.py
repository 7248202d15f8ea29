"""The local copy of what the OMS knows: expected returns, catalogue, places, block lists.

It is filled by the OMS's streams and read at each scan, so that a station works through an outage with what
it knew. A return that is not here is received blind, never refused.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

from peewee import Model, TextField
from pydantic import ValidationError

from edge.returns import incoming
from edge.returns.blocklist import Block
from edge.returns.catalogue import Product
from edge.returns.expected import ExpectedReturn, ExpectedState
from edge.returns.places import Place
from sync.contract.messages.expected import ExpectedCancel, ExpectedItem, ExpectedUpsert
from sync.contract.messages.reference import BlockItem, PlaceItem, ProductItem, ReferenceItem
from sync.database import Database
from sync.fields import Record, UtcField, utc_text

logger = logging.getLogger(__name__)


class ExpectedReturnRecord(Record):
    """A return that the OMS announced."""

    return_id = TextField(primary_key=True)
    state = TextField()
    body = TextField()
    updated_at = UtcField()

    class Meta:
        table_name = "expected_return"


class ReturnReferenceRecord(Record):
    """A number under which a return is found."""

    reference = TextField()
    return_id = TextField()

    class Meta:
        table_name = "return_reference"
        primary_key = False


class ProductRecord(Record):
    """An article."""

    sku = TextField(primary_key=True)
    body = TextField()

    class Meta:
        table_name = "product"


class ProductGtinRecord(Record):
    """A GTIN-14 of an article."""

    gtin = TextField(primary_key=True)
    sku = TextField()

    class Meta:
        table_name = "product_gtin"


class PlaceRecord(Record):
    """A place of the site."""

    place_id = TextField(primary_key=True)
    body = TextField()

    class Meta:
        table_name = "place"


class BlockRecord(Record):
    """An entry of a block list."""

    block_id = TextField(primary_key=True)
    gtin = TextField()
    body = TextField()

    class Meta:
        table_name = "block"


class LocalCopy:
    """Reads and fills the local copy.

    The `apply_…` methods run inside the transaction that also stores the stream's offset, so that a crash
    never leaves one without the other.
    """

    def __init__(
        self,
        database: Database,
        *,
        now: Callable[[], datetime],
        on_refused: Callable[[str, str], None] = lambda _item, _why: None,
    ) -> None:
        self._database = database
        self._now = now
        self._on_refused = on_refused

    def find(self, reference: str) -> list[ExpectedReturn]:
        """Every return known under a scanned number, open ones first."""
        rows = self._database.run(
            ExpectedReturnRecord.select()
            .join(
                ReturnReferenceRecord, on=(ReturnReferenceRecord.return_id == ExpectedReturnRecord.return_id)
            )
            .where(ReturnReferenceRecord.reference == reference)
            .order_by(ExpectedReturnRecord.return_id)
        )
        found = [ExpectedReturn.model_validate_json(row.body) for row in rows]
        return sorted(found, key=lambda each: each.state is not ExpectedState.OPEN)

    def product_of_gtin(self, gtin: str) -> Product | None:
        """The article sold under a GTIN-14."""
        rows = list(
            self._database.run(
                ProductRecord.select()
                .join(ProductGtinRecord, on=(ProductGtinRecord.sku == ProductRecord.sku))
                .where(ProductGtinRecord.gtin == gtin)
            )
        )
        return Product.model_validate_json(rows[0].body) if rows else None

    def product(self, sku: str) -> Product | None:
        """The article of a SKU."""
        rows = list(self._database.run(ProductRecord.select().where(ProductRecord.sku == sku)))
        return Product.model_validate_json(rows[0].body) if rows else None

    def places(self) -> list[Place]:
        """Every place of the site, by its code."""
        rows = self._database.run(PlaceRecord.select().order_by(PlaceRecord.place_id))
        return [Place.model_validate_json(row.body) for row in rows]

    def place(self, place_id: str) -> Place | None:
        """The place whose code was scanned."""
        rows = list(self._database.run(PlaceRecord.select().where(PlaceRecord.place_id == place_id)))
        return Place.model_validate_json(rows[0].body) if rows else None

    def blocks(self, gtin: str) -> list[Block]:
        """The block-list entries of a GTIN-14."""
        rows = self._database.run(BlockRecord.select().where(BlockRecord.gtin == gtin))
        return [Block.model_validate_json(row.body) for row in rows]

    def apply_expected(self, items: Iterable[ExpectedItem]) -> None:
        """Take in new, changed and cancelled returns."""
        for item in items:
            if isinstance(item, ExpectedUpsert):
                with self._one_by_one(f"return {item.expected.return_id}"):
                    self._put_return(incoming.expected_return(item.expected))
            else:
                self._cancel(item)

    def apply_reference(self, items: Iterable[ReferenceItem]) -> None:
        """Take in articles, places and blocks, new, changed or gone."""
        for item in items:
            if isinstance(item, ProductItem):
                with self._one_by_one(f"article {item.product.sku}"):
                    self._put_product(incoming.product(item.product))
            elif isinstance(item, PlaceItem):
                with self._one_by_one(f"place {item.place.place}"):
                    place = incoming.place(item.place)
                    if place is not None:
                        self._replace(PlaceRecord, place_id=place.place_id, body=place.model_dump_json())
            elif isinstance(item, BlockItem):
                block = incoming.block(item.block)
                self._replace(
                    BlockRecord, block_id=block.block_id, gtin=block.gtin, body=block.model_dump_json()
                )
            else:
                self._remove(item.removed, item.key)

    @contextmanager
    def _one_by_one(self, item: str) -> Iterator[None]:
        """An item that can't be used must not keep out those that can; somebody is told of it."""
        try:
            yield
        except ValidationError as error:
            why = "; ".join(
                f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()[:3]
            )
            logger.warning("the OMS sent %s, which can't be used: %s", item, why)
            self._on_refused(item, why)

    def forget_expected(self) -> None:
        """Forget every return that was expected; those already received stay in their own table."""
        self._database.run(ReturnReferenceRecord.delete())
        self._database.run(ExpectedReturnRecord.delete())

    def forget_reference(self) -> None:
        """Forget articles and places. Blocks stay.

        A recalled lot must not become sellable while a list is rebuilt.
        """
        for record in (ProductGtinRecord, ProductRecord, PlaceRecord):
            self._database.run(record.delete())

    def _put_return(self, expected: ExpectedReturn) -> None:
        self._database.run(
            ReturnReferenceRecord.delete().where(ReturnReferenceRecord.return_id == expected.return_id)
        )
        self._database.sql(
            "INSERT INTO expected_return (return_id, state, body, updated_at) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (return_id) DO UPDATE SET state = excluded.state, body = excluded.body, "
            "updated_at = excluded.updated_at",
            (expected.return_id, expected.state.value, expected.model_dump_json(), utc_text(self._now())),
        )
        for value in {reference.value for reference in expected.references}:
            self._database.run(ReturnReferenceRecord.insert(reference=value, return_id=expected.return_id))

    def _cancel(self, item: ExpectedCancel) -> None:
        return_id = item.return_id
        rows = list(
            self._database.run(
                ExpectedReturnRecord.select().where(ExpectedReturnRecord.return_id == return_id)
            )
        )
        if not rows:
            if item.expected is not None:
                with self._one_by_one(f"return {return_id}"):
                    known = incoming.expected_return(item.expected)
                    self._put_return(known.model_copy(update={"state": ExpectedState.CANCELLED}))
            return
        cancelled = ExpectedReturn.model_validate_json(rows[0].body).model_copy(
            update={"state": ExpectedState.CANCELLED}
        )
        self._database.run(
            ExpectedReturnRecord.update(state=cancelled.state.value, body=cancelled.model_dump_json()).where(
                ExpectedReturnRecord.return_id == return_id
            )
        )

    def _put_product(self, product: Product) -> None:
        self._database.sql(
            "INSERT INTO product (sku, body) VALUES (?, ?) "
            "ON CONFLICT (sku) DO UPDATE SET body = excluded.body",
            (product.sku, product.model_dump_json()),
        )
        self._database.run(ProductGtinRecord.delete().where(ProductGtinRecord.sku == product.sku))
        for gtin in product.gtins:
            self._replace(ProductGtinRecord, gtin=gtin, sku=product.sku)

    def _remove(self, kind: str, key: str) -> None:
        record, column = {
            "product": (ProductRecord, ProductRecord.sku),
            "place": (PlaceRecord, PlaceRecord.place_id),
            "block": (BlockRecord, BlockRecord.block_id),
        }[kind]
        self._database.run(record.delete().where(column == key))

    def _replace(self, record: type[Model], **values: str) -> None:
        self._database.run(record.replace(**values))  # type: ignore[no-untyped-call]
