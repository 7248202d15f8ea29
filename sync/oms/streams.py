"""The streams of a site: every change has an offset, and a station that missed some asks for them.

Offsets have no gaps when they are given; a stretch tells only the newest item of each key, and says with
`after` and `through` what it covers. So the live change, the catching up and the first filling are one and
the same message.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from sync.contract.messages import (
    BlockItem,
    ExpectedBatch,
    ExpectedCancel,
    ExpectedItem,
    ExpectedReturn,
    ExpectedUpsert,
    PlaceItem,
    ProductItem,
    ReferenceBatch,
    ReferenceItem,
    RemovedItem,
    StreamName,
)
from sync.contract.messages.wire import WireModel
from sync.database import Database
from sync.oms.ledger_rows import components_text
from sync.oms.loading import ExpectedFile, ReferenceFile
from sync.oms.stream_runs import StreamRuns

STRETCH_BYTES = 12_000
"""A stretch is cut at this size, below the default payload limit of small brokers; one item may exceed it."""

_EXPECTED_ITEM: TypeAdapter[Any] = TypeAdapter(ExpectedItem)
_REFERENCE_ITEM: TypeAdapter[Any] = TypeAdapter(ReferenceItem)


@dataclass(frozen=True, slots=True)
class Position:
    """Where a stream stands."""

    stream_id: str
    offset: int
    published: int


class Streams:
    """Keeps the streams in the ledger's database.

    Args:
        database: The ledger's.
        new_stream_id: Names a stream's life.
        runs: Tells offsets of this ledger from those of a life that a restored one has forgotten.
    """

    def __init__(
        self, database: Database, *, new_stream_id: Callable[[], str], runs: StreamRuns | None = None
    ) -> None:
        self._database = database
        self._new_stream_id = new_stream_id
        self._runs = runs or StreamRuns(database)

    def begin_run(self) -> None:
        """The receiver starts, perhaps on a restored ledger."""
        self._runs.begin()

    def position(self, site: str, stream: StreamName) -> Position | None:
        """Where the stream stands; None where the site has none."""
        for row in self._database.sql(
            "SELECT stream_id, offset, published FROM streams WHERE site = ? AND stream = ?", (site, stream)
        ):
            return Position(*row)
        return None

    def sites(self) -> list[tuple[str, StreamName]]:
        """All streams."""
        rows = self._database.sql("SELECT site, stream FROM streams ORDER BY site, stream")
        return [(site, StreamName(stream)) for site, stream in rows]

    def take_expected(self, file: ExpectedFile) -> list[str]:
        """Takes in a file of expected returns; what changed gets offsets. Returns the changed return ids."""
        wanted: dict[str, WireModel] = {
            one.return_id: ExpectedUpsert(offset=1, expected=one) for one in file.returns
        }
        listed = {one.return_id: one for one in file.returns}
        with self._database.write():
            for gone in file.cancelled:
                wanted[gone.return_id] = ExpectedCancel(
                    offset=1,
                    return_id=gone.return_id,
                    reason_code=gone.reason_code,
                    expected=listed.get(gone.return_id) or self._told_before(file.site, gone.return_id),
                )
            changed = self._put(file.site, StreamName.EXPECTED, wanted, remove_others=False)
            self._index_expected([one for one in file.returns if one.return_id in set(changed)])
        return changed

    def take_reference(self, file: ReferenceFile) -> list[str]:
        """Takes in a file of reference data; what changed gets offsets. Returns the changed keys."""
        wanted: dict[str, WireModel] = {}
        for product in file.products:
            wanted[f"product:{product.sku}"] = ProductItem(offset=1, product=product)
        for place in file.places:
            wanted[f"place:{place.place}"] = PlaceItem(offset=1, place=place)
        for block in file.blocks:
            wanted[f"block:{block.block_id}"] = BlockItem(offset=1, block=block)
        with self._database.write():
            changed = self._put(file.site, StreamName.REFERENCE, wanted, remove_others=True)
            self._database.sql_many(
                "INSERT OR REPLACE INTO products (gtin, sku) VALUES (?,?)",
                [(gtin, product.sku) for product in file.products for gtin in product.gtins],
            )
        return changed

    def stretch(self, site: str, stream: StreamName, after: int) -> list[bytes]:
        """The messages that bring a station from `after` to where the stream stands."""
        position = self.position(site, stream)
        if position is None or after >= position.offset:
            return []
        found = self._database.sql(
            "SELECT offset, body FROM stream_items WHERE site = ? AND stream = ? AND offset > ? "
            "ORDER BY offset",
            (site, stream, after),
        )
        parts = list(_cut(found))
        messages = []
        for number, part in enumerate(parts):
            last = number == len(parts) - 1
            through = position.offset if last else part[-1][0]
            messages.append(self._message(site, stream, position.stream_id, after, through, part))
            after = through
        return messages

    def answer(self, site: str, stream: StreamName, after: int, stream_id: str | None) -> list[bytes]:
        """The answer to a snapshot request: what the station lacks, or an empty stretch."""
        position = self.position(site, stream)
        if position is None:
            with self._database.write():
                self._put(site, stream, {}, remove_others=False)
            return self.answer(site, stream, 0, None)
        if stream_id != position.stream_id:
            after = 0
        elif after > position.offset or not self._runs.was_given(site, stream, after):
            with self._database.write():
                self._runs.rename(site, stream, self._new_stream_id())
            return self.answer(site, stream, 0, None)
        return self.stretch(site, stream, after) or [
            self._message(site, stream, position.stream_id, after, position.offset, [])
        ]

    def published(self, site: str, stream: StreamName, offset: int) -> None:
        """Remembers how far live changes were published."""
        with self._database.write():
            self._database.sql(
                "UPDATE streams SET published = max(published, ?) WHERE site = ? AND stream = ?",
                (offset, site, stream),
            )

    def _message(
        self,
        site: str,
        stream: StreamName,
        stream_id: str,
        after: int,
        through: int,
        part: list[tuple[int, str]],
    ) -> bytes:
        exact = True if self._runs.passes_over(site, stream, after, through) else None
        items = [{"offset": offset, **json.loads(body)} for offset, body in part]
        batch: ExpectedBatch | ReferenceBatch
        if stream is StreamName.EXPECTED:
            batch = ExpectedBatch(
                stream_id=stream_id,
                after=after,
                through=through,
                exact=exact,
                items=tuple(_EXPECTED_ITEM.validate_python(item) for item in items),
            )
        else:
            batch = ReferenceBatch(
                stream_id=stream_id,
                after=after,
                through=through,
                exact=exact,
                items=tuple(_REFERENCE_ITEM.validate_python(item) for item in items),
            )
        return batch.to_wire()

    def _put(
        self, site: str, stream: StreamName, wanted: dict[str, WireModel], *, remove_others: bool
    ) -> list[str]:
        self._database.sql(
            "INSERT OR IGNORE INTO streams (site, stream, stream_id, offset, published) VALUES (?,?,?,0,0)",
            (site, stream, self._new_stream_id()),
        )
        known = dict(
            self._database.sql(
                "SELECT key, body FROM stream_items WHERE site = ? AND stream = ?", (site, stream)
            )
        )
        bodies = {key: _body(item) for key, item in wanted.items()}
        if remove_others:
            for key in known.keys() - bodies.keys():
                kind, _, name = key.partition(":")
                bodies[key] = _body(RemovedItem(offset=1, removed=kind, key=name))
        changed = [key for key, body in bodies.items() if known.get(key) != body]
        start = self._database.sql(
            "SELECT offset FROM streams WHERE site = ? AND stream = ?", (site, stream)
        )[0][0]
        self._database.sql_many(
            "INSERT OR REPLACE INTO stream_items (site, stream, key, offset, body) VALUES (?,?,?,?,?)",
            [(site, stream, key, offset, bodies[key]) for offset, key in enumerate(changed, start=start + 1)],
        )
        self._database.sql(
            "UPDATE streams SET offset = ? WHERE site = ? AND stream = ?",
            (start + len(changed), site, stream),
        )
        return changed

    def _told_before(self, site: str, return_id: str) -> ExpectedReturn | None:
        """An expected return as stations were told of it last; None where they never were."""
        for (body,) in self._database.sql(
            "SELECT body FROM stream_items WHERE site = ? AND stream = ? AND key = ?",
            (site, StreamName.EXPECTED, return_id),
        ):
            expected = json.loads(body).get("expected")
            return None if expected is None else ExpectedReturn.model_validate_json(json.dumps(expected))
        return None

    def _index_expected(self, returns: list[ExpectedReturn]) -> None:
        """Keeps lines and references where the counting rules find them."""
        ids = [(one.return_id,) for one in returns]
        self._database.sql_many("DELETE FROM expected_lines WHERE return_id = ?", ids)
        self._database.sql_many("DELETE FROM expected_references WHERE return_id = ?", ids)
        self._database.sql_many(
            "INSERT INTO expected_lines (return_id, line_id, item, gtin, quantity, unit, components) "
            "VALUES (?,?,?,?,?,?,?)",
            [
                (
                    one.return_id,
                    line.line_id,
                    line.sku,
                    line.gtin,
                    f"{line.quantity.value:f}",
                    line.quantity.unit,
                    components_text(line.components),
                )
                for one in returns
                for line in one.lines
            ],
        )
        self._database.sql_many(
            "INSERT OR IGNORE INTO expected_references (kind, value, return_id) VALUES (?,?,?)",
            [
                (reference.kind.value, reference.value, one.return_id)
                for one in returns
                for reference in one.references
            ],
        )


def _body(item: WireModel) -> str:
    return json.dumps(
        {name: value for name, value in item.to_data().items() if name != "offset"},
        ensure_ascii=False,
        separators=(",", ":"),
    )


def _cut(found: Iterable[tuple[int, str]]) -> Iterable[list[tuple[int, str]]]:
    part: list[tuple[int, str]] = []
    size = 0
    for row in found:
        weight = len(row[1].encode()) + 20
        if part and size + weight > STRETCH_BYTES:
            yield part
            part, size = [], 0
        part.append(row)
        size += weight
    if part:
        yield part
