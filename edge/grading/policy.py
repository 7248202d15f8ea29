"""A policy pack: what an operations manager decides about one kind of goods.

A pack is complete: it inherits nothing and has no hidden defaults, so that the file says all there is to say,
and its content hash names exactly one behaviour. Comments and the order of keys do not change the hash.

A pack can make the station stricter than the hard rules of `hard_rules.py`, never laxer.
"""

import hashlib
import json
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from edge.grading.calibration import Bound
from edge.grading.decision import Disposition, Grade, Liability
from edge.grading.observation import CaptureDepth, Share
from edge.grading.policy_tables import Chosen, DefectPolicies, DispositionTable
from edge.returns.catalogue import Category, StorageClass
from edge.returns.expected import Custody, ReturnType
from edge.returns.holds import HoldTerms
from edge.returns.values import FrozenValue, Rupees

MOST_MINUTES = {StorageClass.CHILLED: 120, StorageClass.FROZEN: 60}
"""Longest time out of the cold that any policy may allow."""

WARMEST = {StorageClass.CHILLED: 8.0, StorageClass.FROZEN: -12.0}
"""Highest probe reading, °C, that any policy may allow."""

InHouse = Literal[Disposition.SCRAP, Disposition.HOLD_FOR_REVIEW, Disposition.RETURN_TO_VENDOR]
"""What may become of goods that must never reach people again."""

NotRestocked = Literal[
    Disposition.SCRAP,
    Disposition.HOLD_FOR_REVIEW,
    Disposition.RETURN_TO_VENDOR,
    Disposition.DONATE,
    Disposition.LIQUIDATE,
]
"""What may become of goods that are sound but are not to go back on the shelf."""


STRICTEST_UNLIKE = 0.5
"""The worst score that a product's own golden units get: below it there is nothing to ask about."""

AskOrHold = Literal["ask", "hold"]
"""What the station does where only a person can tell."""


class PackTitle(FrozenValue):
    """`[pack]`: which goods the pack is for."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    title: Annotated[str, Field(min_length=1, max_length=80)]
    categories: tuple[Category, ...] = ()


class DepthRule(FrozenValue):
    """`[[capture.rule]]`: how closely goods like these are looked at.

    A condition left out fits everything; an unknown price or custody fits no condition on it.
    """

    depth: CaptureDepth
    custody: tuple[Custody, ...] | None = None
    return_type: tuple[ReturnType, ...] | None = None
    mrp_below: Rupees | None = None


class CapturePolicy(FrozenValue):
    """`[capture]`: the first rule that fits decides, else `otherwise`."""

    otherwise: CaptureDepth
    rule: Annotated[tuple[DepthRule, ...], Field(max_length=20)] = ()


class QuantityPolicy(FrozenValue):
    """`[quantity]`: how many identical sealed units one inspection may cover."""

    identical_units_max: Annotated[int, Field(ge=1, le=200)]


class ConfidencePolicy(FrozenValue):
    """`[confidence]`: when a person must look."""

    ask_below: Share
    uncalibrated_asks: bool
    person_confirms_always: bool
    person_from_mrp: Rupees


class SealPolicy(FrozenValue):
    """`[seal]`: the best grade that a pack can have by its closure."""

    opened: Grade
    unknown_with_customer: Grade

    @model_validator(mode="after")
    def _opened_is_never_better(self) -> Self:
        if self.opened.value < self.unknown_with_customer.value:
            raise ValueError("opened may not get a better grade than unknown_with_customer")
        return self


class IdentityPolicy(FrozenValue):
    """`[identity]`: doubts about which article it is."""

    wrong_item_from: Share
    hold_missing_serial: bool


class GoldenPolicy(FrozenValue):
    """`[golden]`: units that differ from the intact ones that the site has shown.

    A person must look in any case: what differs is no named damage, so it can neither sell nor spoil a unit.
    `ask` leaves the proposal as it is, `hold` proposes to hold the unit.

    Attributes:
        unlike_from: Score from which a unit counts as unlike; 0.5 is the worst that intact units get.
    """

    unlike_from: Annotated[float, Field(ge=STRICTEST_UNLIKE, le=1)]
    unlike: AskOrHold
    unknown_side: AskOrHold
    other_product: AskOrHold


class LifePolicy(FrozenValue):
    """`[life]`: how much life dated goods need; days and share must both be left.

    Attributes:
        restock_min_share: Of the catalogue's shelf life; not asked where that is unknown.
        below_markdown: What becomes of goods too old even for markdown.
        trust_machine_read: Whether a date read by a machine needs no person.
    """

    restock_min_days: Annotated[int, Field(ge=0, le=3650)]
    restock_min_share: Share
    markdown_min_days: Annotated[int, Field(ge=0, le=3650)]
    markdown_min_share: Share
    below_markdown: NotRestocked
    trust_machine_read: bool

    @model_validator(mode="after")
    def _markdown_asks_less(self) -> Self:
        if self.markdown_min_days > self.restock_min_days or self.markdown_min_share > self.restock_min_share:
            raise ValueError("markdown may not ask for more life than restock")
        return self


class ColdChainPolicy(FrozenValue):
    """`[cold_chain]`: limits for chilled and frozen goods; stricter than the hard limits or equal to them."""

    chilled_max_minutes: Annotated[int, Field(ge=0, le=MOST_MINUTES[StorageClass.CHILLED])]
    frozen_max_minutes: Annotated[int, Field(ge=0, le=MOST_MINUTES[StorageClass.FROZEN])]
    chilled_max_celsius: Annotated[float, Field(ge=-40, le=WARMEST[StorageClass.CHILLED])]
    frozen_max_celsius: Annotated[float, Field(ge=-40, le=WARMEST[StorageClass.FROZEN])]
    restock_after_customer: bool
    after_customer: NotRestocked


class BlindPolicy(FrozenValue):
    """`[blind]`: returns that the station's copy doesn't know."""

    restock: bool
    restock_up_to_mrp: Rupees


class UnsafePolicy(FrozenValue):
    """`[unsafe]`: what becomes of goods that must never reach people again."""

    expired: InHouse
    recalled: InHouse
    cold_chain_broken: InHouse
    opened: InHouse


class WeightPolicy(FrozenValue):
    """`[weight]`: weighed goods that come back lighter or heavier."""

    tolerance_share: Share
    outside: Chosen


class BundlePolicy(FrozenValue):
    """`[bundle]`: bundles that come back in part."""

    incomplete: Chosen


class PutawayPolicy(FrozenValue):
    """`[putaway]`: when stock becomes available: at `commit`, or when its bin was scanned at `putaway`."""

    available_at: Literal["commit", "putaway"]


class LiabilityPolicy(FrozenValue):
    """`[liability]`: whose fault is suggested to the OMS."""

    damaged_by_rider: Liability
    damaged_by_customer: Liability
    cold_chain: Liability
    expired: Liability
    recalled: Liability
    serial_differs: Liability


class PolicyPack(FrozenValue):
    """Everything that operations decide about one kind of goods.

    Attributes:
        bound: None only in packs that were stored before there was one; a file must name it.
        golden: As `bound`.
    """

    pack: PackTitle
    capture: CapturePolicy
    quantity: QuantityPolicy
    confidence: ConfidencePolicy
    bound: Bound | None = None
    defects: DefectPolicies
    seal: SealPolicy
    identity: IdentityPolicy
    golden: GoldenPolicy | None = None
    life: LifePolicy
    cold_chain: ColdChainPolicy
    blind: BlindPolicy
    unsafe: UnsafePolicy
    weight: WeightPolicy
    bundle: BundlePolicy
    disposition: DispositionTable
    putaway: PutawayPolicy
    holds: HoldTerms
    liability: LiabilityPolicy

    @property
    def name(self) -> str:
        """The pack's name."""
        return self.pack.name

    @cached_property
    def version(self) -> str:
        """SHA-256 of the pack's content in canonical form, hexadecimal."""
        content = self.model_dump(mode="json")
        for later in ("bound", "golden"):
            if getattr(self, later) is None:
                del content[later]  # as it was when the pack was stored
        return _digest(content)

    @cached_property
    def judging(self) -> str:
        """SHA-256 of what makes a grade of findings and of a grade a place on the shelf, hexadecimal.

        A calibration holds for these values; deadlines, places or dates may change without it.
        """
        parts = self.model_dump(mode="json", include={"defects", "seal", "identity", "disposition", "bound"})
        if self.golden is not None and self.golden.unlike_from > STRICTEST_UNLIKE:
            parts["unlike_from"] = self.golden.unlike_from  # units that were asked about may now pass
        return _digest(parts)


def _digest(content: dict[str, object]) -> str:
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
