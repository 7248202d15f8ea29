"""Everything that a decision may look at, and nothing else.

The workflow fills an observation before it asks for a decision, and stores it beside the inspection: the same
observation and the same policy give the same decision for ever, which is what replay checks. So there is no
clock, no database and no picture here, only what they said.
"""

from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import AwareDatetime, Field

from edge.grading.defect_place import DefectPlace
from edge.returns.blocklist import BlockState
from edge.returns.catalogue import Category, DateKind, GoodsClass, StorageClass
from edge.returns.dates import PackDate
from edge.returns.expected import Custody, ReturnType
from edge.returns.values import Code, FrozenValue, Gtin14, Quantity, Rupees
from vision.findings import DefectKind

Share = Annotated[float, Field(ge=0, le=1)]

EARLIEST_TODAY = date(2025, 1, 1)
"""No station with this software lives before this day, whatever its clock says."""

PERSON = "person"
"""`source` of a finding that a person reported."""


class MatchState(StrEnum):
    """How the unit stands to the open return."""

    MATCHED = "matched"
    BLIND = "blind"  # the return itself is unknown to the station
    EXCESS = "excess"  # on the return, but more of it than expected
    WRONG_PRODUCT = "wrong_product"  # ours, but not on this return
    UNKNOWN_PRODUCT = "unknown_product"  # on a line or blind, but the catalogue doesn't know it
    CANCELLED_RETURN = "cancelled_return"  # the OMS cancelled the return, and yet it came
    NOT_OUR_STOCK = "not_our_stock"  # a stranger's item
    OTHER_SITE = "other_site"  # another site's


class SealState(StrEnum):
    """The pack's closure as a person or the item's own design says; findings add to it."""

    INTACT = "intact"
    UNKNOWN = "unknown"
    OPENED = "opened"


class CaptureDepth(StrEnum):
    """How closely a unit is looked at, from least to most."""

    COUNT = "count"  # scans only
    PHOTO = "photo"  # at least one usable picture, judged
    FULL = "full"  # every view usable and judged


class SeenFinding(FrozenValue):
    """A visible defect, as the pictures or a person gave it.

    Attributes:
        score: Raw confidence of the signal, 0 to 1.
        extent: Area as a share of the item's area, 0 to 1.
        view: Camera's view; empty for a person's finding.
        source: `detector`, `golden` or `person`.
        place: Where on the item it lies; None where that is not known, as in observations of before it was
            looked at. It then has no effect.
    """

    kind: DefectKind
    score: Share
    extent: Share
    view: str = ""
    source: str = "detector"
    place: DefectPlace | None = None


class GoldenVerdict(StrEnum):
    """How a view's item stands to the intact units of its product that the site has shown."""

    LIKE = "like"
    UNLIKE = "unlike"  # farther off than intact units are; a finding says where
    UNKNOWN_SIDE = "unknown_side"  # no intact unit was shown from this side: not scored
    OTHER_PRODUCT = "other_product"  # it clearly has the print of another product
    BROKEN = "broken"  # the golden pictures can't be used: not compared


class SeenGolden(FrozenValue):
    """The verdict, and whose print it has where that is another product's."""

    verdict: GoldenVerdict
    looks_like: Code | None = None


class SeenView(FrozenValue):
    """One view's picture.

    Whether it could be judged, and if not, why (`quality.blurred`, `quality.lost`, …).

    Attributes:
        golden: How the item stands to intact units; None where none, or too few, were shown.
    """

    view: str
    usable: bool
    quality: str = "quality.ok"
    golden: SeenGolden | None = None


class ModelState(FrozenValue):
    """Which model judged the pictures.

    Attributes:
        present: False where no model could be loaded: pictures are evidence only, a person judges.
        calibrated: Whether its scores were calibrated on this station's own goods.
        threshold: The confidence from which a unit that looks sound needs no person; None where it is not
            calibrated, and in observations of before there was one.
        version: Package name and version, for the record.
    """

    present: bool = True
    calibrated: bool = False
    threshold: Share | None = None
    version: str = ""


class BundleState(FrozenValue):
    """How complete a bundle came back.

    Attributes:
        missing: SKUs of components that did not come.
    """

    expected_components: int
    missing: tuple[Code, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every component came."""
        return not self.missing


class Observation(FrozenValue):
    """What is known of one unit (or n identical sealed ones) at the moment of decision.

    Attributes:
        site: This station's site.
        match: How the unit stands to the return.
        in_catalogue: Whether product facts below come from the catalogue (False: they are assumptions).
        sku: The merchant's code, where known.
        gtin14: As scanned or from the catalogue.
        category: Chose the policy pack.
        goods_class: Hygiene law.
        dated: The article bears a date.
        quantity: What this inspection covers.
        mrp: Price of one unit, rupees; None where unknown.
        custody: None where nobody knows: judged as a customer's.
        depth: The depth that the policy asked for.
        views: What each camera gave; empty where none was asked or all were lost.
        findings: On all views together.
        seal: Known state of the closure.
        pack_date: The date that the pack bears; None where none is known.
        shelf_life_days: From the catalogue.
        now: Time of the decision, UTC.
        clock_ok: Whether that time is known to be right.
        utc_offset_minutes: The site's offset: expiry is a matter of the local calendar (India: 330).
        minutes_out_of_cold: Since dispatch, less time spent in cold places; None where not known.
        temperature_c: Probe reading, where there is one.
        serialised: The article's units have serials.
        serial: As scanned.
        dispatched_serials: What left the store; empty where not recorded.
        lot: As scanned or typed.
        block: What the block lists say.
        block_reason: The entry's reason.
        weighed: Sold by weight.
        expected_weight_kg: From the line or the label.
        observed_weight_kg: From the scale or a person.
        bundle: None where the unit is not a bundle.
    """

    # which unit
    site: Code
    match: MatchState = MatchState.MATCHED
    in_catalogue: bool = True
    sku: Code | None = None
    gtin14: Gtin14 | None = None
    category: Category = "general"
    goods_class: GoodsClass = GoodsClass.GENERAL
    storage_class: StorageClass = StorageClass.AMBIENT
    quantity: Quantity = Quantity.pieces(1)
    mrp: Rupees | None = None
    # how it came
    return_type: ReturnType
    custody: Custody | None = None
    # what was seen
    depth: CaptureDepth = CaptureDepth.FULL
    views: tuple[SeenView, ...] = ()
    findings: tuple[SeenFinding, ...] = ()
    model: ModelState = ModelState()
    seal: SealState = SealState.UNKNOWN
    # its date
    dated: bool = False
    date_kind: DateKind | None = None
    pack_date: PackDate | None = None
    shelf_life_days: int | None = None
    now: AwareDatetime
    clock_ok: bool = True
    utc_offset_minutes: Annotated[int, Field(ge=-720, le=840)] = 330
    # its cold chain
    received_at: AwareDatetime | None = None
    dispatched_at: AwareDatetime | None = None
    minutes_out_of_cold: Annotated[float, Field(ge=0)] | None = None
    temperature_c: float | None = None
    # its identity
    serialised: bool = False
    serial: Code | None = None
    dispatched_serials: tuple[Code, ...] = ()
    lot: str | None = None
    block: BlockState = BlockState.CLEAR
    block_reason: str = ""
    # its amount
    weighed: bool = False
    expected_weight_kg: Annotated[Decimal, Field(ge=0)] | None = None
    observed_weight_kg: Annotated[Decimal, Field(ge=0)] | None = None
    bundle: BundleState | None = None

    @property
    def today(self) -> date:
        """The local calendar day of the decision."""
        return (self.now + timedelta(minutes=self.utc_offset_minutes)).date()

    @property
    def last_good_day(self) -> date | None:
        """The last day on which the unit is good; None where unknown."""
        return self.pack_date.last_good_day(self.shelf_life_days) if self.pack_date is not None else None

    @property
    def days_left(self) -> int | None:
        """Whole days from today to the last good day; negative once expired, None where no date is known."""
        last = self.last_good_day
        return (last - self.today).days if last is not None else None

    @property
    def was_with_customer(self) -> bool:
        """Whether a customer may have had it: unknown custody counts as yes."""
        return self.custody is not Custody.RIDER_ONLY

    @property
    def usable_views(self) -> int:
        """How many pictures could be judged."""
        return sum(view.usable for view in self.views)
