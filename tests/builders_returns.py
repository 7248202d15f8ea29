"""Builders of returns, products and observations: a plain good case; keywords say what a test is about."""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from edge.grading.observation import ModelState, Observation, SealState, SeenFinding, SeenView
from edge.grading.policy import PolicyPack
from edge.grading.policy_loading import PolicyShelf, load_policies
from edge.returns.catalogue import DateKind, Product
from edge.returns.dates import DateSource, PackDate
from edge.returns.expected import (
    Custody,
    ExpectedReturn,
    Reference,
    ReferenceKind,
    ReturnLine,
    ReturnType,
)
from edge.returns.gtin import check_digit
from edge.returns.matching import ReceivedUnit
from edge.returns.values import Quantity
from vision.findings import DefectKind

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
TODAY = date(2026, 11, 22)
SITE = "blr-01"


def a_gtin(number: int = 1) -> str:
    """A GTIN-14 with GS1 India's prefix and a good check digit."""
    payload = f"0890{number:09d}"
    return payload + check_digit(payload)


def a_product(sku: str = "SKU-1", **changes: Any) -> Product:
    """An ambient article that bears no date."""
    return Product(**{"sku": sku, "name": "Steel bottle", "gtins": (a_gtin(1),), **changes})


def a_line(line_id: str = "1", sku: str = "SKU-1", pieces: int = 1, **changes: Any) -> ReturnLine:
    """A line of so many pieces."""
    values = {
        "line_id": line_id,
        "sku": sku,
        "name": "Steel bottle",
        "gtin": a_gtin(1),
        "quantity": Quantity.pieces(pieces),
    }
    return ReturnLine(**{**values, **changes})


def an_expected_return(*lines: ReturnLine, **changes: Any) -> ExpectedReturn:
    """A bag that was refused at the door."""
    values = {
        "return_id": "R-1",
        "site": SITE,
        "references": (Reference(kind=ReferenceKind.ORDER, value="ORD-1001"),),
        "return_type": ReturnType.RTO_REFUSED,
        "custody": Custody.RIDER_ONLY,
        "dispatched_at": NOW - timedelta(minutes=40),
        "lines": lines or (a_line(),),
    }
    return ExpectedReturn(**{**values, **changes})


def a_received(inspection_id: str = "I-1", line_id: str | None = "1", **changes: Any) -> ReceivedUnit:
    """A unit that was received before."""
    return ReceivedUnit(**{"inspection_id": inspection_id, "line_id": line_id, "sku": "SKU-1", **changes})


def a_finding(kind: DefectKind = DefectKind.DEFORMATION, **changes: Any) -> SeenFinding:
    """A clear defect on the top view."""
    return SeenFinding(**{"kind": kind, "score": 0.9, "extent": 0.05, "view": "top", **changes})


def a_date(days_ahead: int = 365, **changes: Any) -> PackDate:
    """A best-before date out of a GS1 code."""
    values = {
        "kind": DateKind.BEST_BEFORE,
        "day": TODAY + timedelta(days=days_ahead),
        "source": DateSource.GS1,
    }
    return PackDate(**{**values, **changes})


def an_observation(**changes: Any) -> Observation:
    """A sound, sealed, undated ambient unit of a refused bag, on two good pictures; a calibrated model."""
    values = {
        "site": SITE,
        "return_type": ReturnType.RTO_REFUSED,
        "custody": Custody.RIDER_ONLY,
        "views": (SeenView(view="top", usable=True), SeenView(view="front", usable=True)),
        "model": ModelState(calibrated=True),
        "seal": SealState.INTACT,
        "now": NOW,
        "mrp": 200,
    }
    return Observation(**{**values, **changes})


def a_chilled_observation(**changes: Any) -> Observation:
    """A sound pouch of curd, 20 minutes out of the cold."""
    values = {
        "category": "chilled_frozen_food",
        "goods_class": "food",
        "storage_class": "chilled",
        "dated": True,
        "pack_date": a_date(10),
        "shelf_life_days": 15,
        "minutes_out_of_cold": 20.0,
        "mrp": 60,
    }
    return an_observation(**{**values, **changes})


@cache
def the_policies() -> PolicyShelf:
    """The packs that come with the station."""
    return load_policies()


def the_policy(name: str = "default") -> PolicyPack:
    """One of them."""
    return next(pack for pack in the_policies().packs if pack.name == name)
