"""The events that acted stations send: plain JSON objects, so that wrong ones can be made of right ones."""

import json
import secrets
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sync.contract.messages import schema_urn, write_utc

Data = dict[str, Any]

RECEIVED = "darkstore.return.received.v1"
INSPECTED = "darkstore.return.inspected.v1"
RESOLVED = "darkstore.return.resolved.v1"
CORRECTED = "darkstore.return.corrected.v1"
CLOSED = "darkstore.return.closed.v1"
PUTAWAY = "darkstore.stock.putaway.v1"

_INSPECTING = {"bizStep": "inspecting", "disposition": "sellable_not_accessible"}


def new_id() -> str:
    """A UUIDv7, as stations give them."""
    number = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    number = number & ~(0xF << 76) | 0x7 << 76
    return str(uuid.UUID(int=number & ~(0x3 << 62) | 0x2 << 62))


def utc_now() -> datetime:
    """Wall time."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Bag:
    """A return that a rule works with.

    Attributes:
        line_id: The line of an expected return; None for a blind one.
        unit: Of the article.
    """

    return_id: str
    sku: str
    line_id: str | None = None
    unit: str = "C62"
    reference: str | None = None

    @property
    def blind(self) -> bool:
        """Whether the OMS did not announce it."""
        return self.line_id is None


@dataclass(frozen=True, slots=True)
class Event:
    """An event as an acted station committed it."""

    body: Data

    @property
    def id(self) -> str:
        """Its id."""
        return str(self.body["id"])

    @property
    def epoch(self) -> str:
        """Its epoch."""
        return str(self.body["epoch"])

    @property
    def sequence(self) -> int:
        """Its place in the epoch."""
        return int(self.body["sequence"])

    @property
    def place(self) -> str:
        """Epoch and sequence, as a later event of its return names it in `previous`."""
        return f"{self.epoch}:{self.sequence}"

    @property
    def data(self) -> Data:
        """What it says."""
        found: Data = self.body["data"]
        return found

    @property
    def payload(self) -> bytes:
        """The bytes to publish."""
        return json.dumps(self.body, separators=(",", ":"), ensure_ascii=False).encode()

    def but(self, *path: str | int, value: Any) -> "Event":
        """The same event with one thing changed or added, at a path such as `"data", "quantity"`."""
        body = json.loads(json.dumps(self.body))  # a copy whose parts share nothing
        node: Any = body
        for step in path[:-1]:
            node = node[step]
        node[path[-1]] = value
        return replace(self, body=body)

    def without(self, *path: str | int) -> "Event":
        """The same event with one thing left out."""
        body = json.loads(json.dumps(self.body))  # a copy whose parts share nothing
        node: Any = body
        for step in path[:-1]:
            node = node[step]
        del node[path[-1]]
        return replace(self, body=body)

    def __str__(self) -> str:
        return f"{self.body['type']} {self.id} (sequence {self.sequence} of {self.epoch})"


def envelope(
    kind: str, data: Data, *, site: str, station: str, epoch: str, sequence: int, at: datetime
) -> Data:
    """What stands around the data."""
    return {
        "specversion": "1.0",
        "id": new_id(),
        "source": f"/{site}/{station}",
        "type": kind,
        "subject": data["return_id"],
        "time": write_utc(at),
        "datacontenttype": "application/json",
        "dataschema": schema_urn(kind),
        "site": site,
        "station": station,
        "epoch": epoch,
        "sequence": sequence,
        "clockok": True,
        "elapsed": sequence,
        "data": data,
    }


def movement(
    bag: Bag, to: str, *, frm: str = "RETURNING", quantity: str = "1", place: str = "A-03-2", sku: str = ""
) -> Data:
    """One quantity from a state to another."""
    return {
        "from_state": frm,
        "to_state": to,
        "sku": sku or bag.sku,
        "quantity": {"value": quantity, "unit": bag.unit},
        "to_place": place,
    }


def received(bag: Bag) -> Data:
    """The bag arrives."""
    return {
        "return_id": bag.return_id,
        "reference": {"kind": "order", "value": bag.reference or f"ORD-{bag.return_id}"},
        "return_type": "RTO_REFUSED",
        "custody": "RIDER_ONLY",
        "match": "provisional" if bag.blind else "expected",
        "received_at": write_utc(utc_now()),
        "epcis": {"bizStep": "receiving", "disposition": "returned"},
    }


def inspected(
    bag: Bag, *, quantity: str = "1", to: str = "AVAILABLE", serial: str | None = None, sku: str = ""
) -> Data:
    """One unit, or `quantity` of identical ones, goes to a state of stock."""
    data: Data = {
        "inspection_id": new_id(),
        "return_id": bag.return_id,
        **({} if bag.blind else {"line_id": bag.line_id}),
        "match": "provisional" if bag.blind else "expected",
        "return_type": "RTO_REFUSED",
        "custody": "RIDER_ONLY",
        "sku": sku or bag.sku,
        "unit": {"kind": "serial", "value": serial} if serial else {"kind": "count"},
        "quantity": {"value": quantity, "unit": bag.unit},
        "depth": "full",
        "result": {"grade": "A", "disposition": "HOLD_FOR_REVIEW" if to == "QUARANTINE" else "RESTOCK"},
        "decided_by": "station",
        "movements": [movement(bag, to, quantity=quantity, sku=sku)],
        "versions": {"software": "conformance"},
        "inspected_at": write_utc(utc_now()),
        "epcis": _INSPECTING,
    }
    if to == "QUARANTINE":
        data["hold"] = {"reason_code": "seal_unclear", "place": "HOLD-1"}
    return data


def resolved(of: Event, *, to: str = "SCRAP") -> Data:
    """The hold of an inspected unit ends."""
    return {
        **_about(of),
        "resolves": of.id,
        "result": {"disposition": "SCRAP" if to == "SCRAP" else "RESTOCK"},
        "reason_code": "looked_at",
        "decided_by": "person",
        "movements": _onward(of, to, "BIN-1"),
        "resolved_at": write_utc(utc_now()),
        "epcis": {"bizStep": "holding", "disposition": "disposed"},
    }


def put_away(of: Event, *, place: str = "B-07-1") -> Data:
    """The bin was scanned."""
    return {
        **_about(of),
        "place": place,
        "movements": _onward(of, "AVAILABLE", place),
        "put_away_at": write_utc(utc_now()),
        "epcis": {"bizStep": "storing", "disposition": "sellable_not_accessible"},
    }


def corrected(of: Event, *, change_to: str | None = None) -> Data:
    """An undo, or where `change_to` names a state, another decision."""
    reversal = [_reversed(one) for one in of.data["movements"]]
    data: Data = {
        **_about(of),
        "corrects": of.id,
        "kind": "change" if change_to else "undo",
        "reason_code": "mistake",
        "reversal": reversal,
        "corrected_at": write_utc(utc_now()),
        "epcis": _INSPECTING,
    }
    if change_to:
        data["movements"] = [{**one, "to_state": change_to} for one in of.data["movements"]]
        data["result"] = {"grade": "C", "disposition": "SCRAP"}
    return data


def closed(bag: Bag, *, expected: str, received_quantity: str) -> Data:
    """The bag's balance."""
    missing = max(Decimal(0), Decimal(expected) - Decimal(received_quantity))
    excess = max(Decimal(0), Decimal(received_quantity) - Decimal(expected))
    return {
        "return_id": bag.return_id,
        "how": "bag_empty",
        "round": 1,
        "lines": [
            {
                **({} if bag.blind else {"line_id": bag.line_id}),
                "sku": bag.sku,
                "unit": bag.unit,
                "expected": expected,
                "received": received_quantity,
                "missing": str(missing),
                "excess": str(excess),
            }
        ],
        "closed_at": write_utc(utc_now()),
        "epcis": {"bizStep": "receiving", "disposition": "completeness_verified"},
    }


def kind_of(data: Data) -> str:
    """The event type that this data belongs to."""
    for field, kind in (
        ("received_at", RECEIVED),
        ("inspected_at", INSPECTED),
        ("resolved_at", RESOLVED),
        ("corrected_at", CORRECTED),
        ("closed_at", CLOSED),
    ):
        if field in data:
            return kind
    return PUTAWAY


def _about(of: Event) -> Data:
    return {name: of.data[name] for name in ("inspection_id", "return_id", "line_id") if name in of.data}


def _onward(of: Event, to: str, place: str) -> Sequence[Data]:
    return [
        {
            **one,
            "from_state": one["to_state"],
            "to_state": to,
            "from_place": one["to_place"],
            "to_place": place,
        }
        for one in of.data["movements"]
    ]


def _reversed(one: Data) -> Data:
    turned = {
        **one,
        "from_state": one["to_state"],
        "to_state": one["from_state"],
        "from_place": one.get("to_place"),
        "to_place": one.get("from_place"),
    }
    return {name: value for name, value in turned.items() if value is not None}
