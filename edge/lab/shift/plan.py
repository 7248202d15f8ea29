"""How a shift is written down: returns, the units in them, and what the staff do with each.

A plan says what lies on the desk and what a person would do; it does not say what the station will decide.
What must have been seen at the end stands in `CASES`: each case of returns as they really come names the
signs by which the play tells that it happened, and a case without its sign is reported as missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from edge.grading.decision import Disposition
from edge.lab.shift.article import Article
from models.training.rendering.spec import ItemSpec
from sync.contract.messages.expected import ExpectedReturn

CASES: Mapping[str, tuple[str, ...]] = {
    "refused_bag_of_twelve_lines": ("lines:12",),
    "blind_return": ("question:custody", "return:blind"),
    "cancelled_rma": ("rule:rule.cancelled_return",),
    "other_sites_return": ("rule:rule.other_site",),
    "strangers_item": ("rule:rule.not_our_stock",),
    "wrong_product": ("rule:rule.wrong_product",),
    "expired_food": ("rule:rule.expired",),
    "date_only_a_person_can_read": ("question:expiry_date",),
    "recalled_lot": ("rule:rule.recalled",),
    "out_of_cold_too_long": ("rule:rule.cold_chain_broken",),
    "several_identical_units": ("question:quantity",),
    "one_unit_scanned_twice": ("question:another_unit", "answer:same"),
    "weighed_item": ("question:weight",),
    "serial_differs": ("rule:rule.serial_differs",),
    "bundle_in_part": ("question:component",),
    "unreadable_code": ("question:choose_line",),
    "blurred_picture": ("quality:quality.blurred",),
    "camera_lost_and_back": ("camera:lost", "camera:back"),
    "override": ("action:override",),
    "undo": ("action:undo",),
    "hold_resolved": ("action:resolved",),
    "late_unit_reopens": ("action:late_unit",),
    "meaningless_codes": ("notice:unknown_code",),
}
"""Each case with the signs that must all have been seen."""


class Ending(StrEnum):
    """What the staff do with a proposal."""

    ACCEPT = "accept"
    OVERRIDE = "override"  # choose `wanted`, where the station allows it
    SET_ASIDE = "set_aside"
    UNDO = "undo"  # accept, then take it back


@dataclass(frozen=True, slots=True)
class UnitPlan:
    """One unit, or n identical ones, that comes out of the bag.

    Attributes:
        unit_id: Names it within the shift, such as `R07/2`.
        article: What it is.
        look: What the cameras see.
        typed: Scanned instead of what the picture's barcode says (a unit label, a stranger's code).
        without_code: The code cannot be read: the staff choose the line.
        answers: What they answer, by kind of question.
        ending: What they do with the proposal.
        wanted: The disposition they choose when they override.
        resolve_to: How a hold is ended afterwards, if it became one.
        scanned_twice: The same unit is scanned a second time by mistake.
        first_look: What the cameras see at first, before the staff put it right and retake.
        lost_camera: A camera that is unplugged while the unit is judged.
        put_away: Its bin is scanned afterwards.
    """

    unit_id: str
    article: Article
    look: ItemSpec
    typed: str | None = None
    without_code: bool = False
    answers: Mapping[str, str] = field(default_factory=dict)
    ending: Ending = Ending.ACCEPT
    wanted: Disposition | None = None
    resolve_to: Disposition | None = None
    scanned_twice: bool = False
    first_look: ItemSpec | None = None
    lost_camera: str | None = None
    put_away: bool = False


@dataclass(frozen=True, slots=True)
class ReturnPlan:
    """One return from its first scan to "bag empty".

    Attributes:
        play_id: Names it within the shift, such as `R07`.
        reference: The number that is scanned first.
        cases: The cases that it shows.
        units: What comes out of the bag, in order.
        expected: What the OMS announced; None where it announced nothing.
        cancelled: The OMS cancels it again before it arrives.
        meaningless: Texts that a scanner reads and that mean nothing, scanned before the units.
        late_units: Units that turn up after the bag was closed.
        left_open: The bag is put aside unfinished.
    """

    play_id: str
    reference: str
    cases: tuple[str, ...]
    units: tuple[UnitPlan, ...]
    expected: ExpectedReturn | None
    cancelled: bool = False
    meaningless: tuple[str, ...] = ()
    late_units: tuple[UnitPlan, ...] = ()
    left_open: bool = False


@dataclass(frozen=True, slots=True)
class BlockPlan:
    """A recall that the OMS has published."""

    block_id: str
    article: Article
    lot: str
    reason: str


@dataclass(frozen=True, slots=True)
class Shift:
    """Everything that is played, in order."""

    returns: tuple[ReturnPlan, ...]
    blocks: tuple[BlockPlan, ...]

    @property
    def cases(self) -> frozenset[str]:
        """The cases that it is to show."""
        return frozenset(case for plan in self.returns for case in plan.cases)
