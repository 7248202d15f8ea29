"""A returns desk under full load, without a person and without cameras.

Each return goes the way that it goes at a real desk from the decision on: the rules judge each unit, the
inspection is saved with its audit entry and its event in one transaction, by the same code as in a shift.
What is left out is looking at pictures: goods are scanned only, as sealed refused bags are, and no picture is
written. In an outage of weeks the local copy knows none of the returns, so all are received blind.
"""

from decimal import Decimal

from edge.clock import Clock
from edge.grading.observation import CaptureDepth, MatchState, SealState
from edge.grading.policy_loading import load_policies
from edge.ids import new_id
from edge.inspection import outgoing
from edge.inspection.judging import propose
from edge.inspection.observing import observe
from edge.inspection.saved import Confirmed, SavedInspection
from edge.inspection.saved_rows import received_unit
from edge.inspection.session import ItemInHand, OpenReturn
from edge.inspection.store import InspectionStore
from edge.returns.bag import count_bag
from edge.returns.catalogue import Product
from edge.returns.expected import Custody, ExpectedReturn, Reference, ReferenceKind, ReturnType
from edge.versions import SOFTWARE
from sync.outbox import Outbox

ARTICLES = 200
UNITS_A_RETURN = 2
EVENTS_A_RETURN = UNITS_A_RETURN + 2  # it came, each unit, its balance
CATEGORY = "general"


class BusyDesk:
    """Takes in one return after the other.

    Args:
        outbox: The station's; its epoch must have begun.
        clock: The simulation's.
    """

    def __init__(self, outbox: Outbox, clock: Clock) -> None:
        self._store = InspectionStore(outbox.database, outbox)
        self._identity = outbox.identity
        self._clock = clock
        self._policy = load_policies().of_category(CATEGORY)
        self._policy_text = self._policy.model_dump_json()

    def take_return(self, number: int) -> list[str]:
        """Receive a return, inspect and save its units, close it; the ids of the saved inspections."""
        clock = self._clock.reading()
        reference = Reference(kind=ReferenceKind.ORDER, value=f"ORD-{number:09d}")
        expected = ExpectedReturn.opened_blind(
            return_id=f"blind-{self._identity.site}-{self._identity.station}-{reference.value}",
            site=self._identity.site,
            reference=reference,
            return_type=ReturnType.RTO_REFUSED,
            custody=Custody.RIDER_ONLY,
        )
        opened = OpenReturn(expected=expected, reference=reference, received_at=clock.now)
        self._store.save_arrival(opened, outgoing.received(opened, None), clock, None)
        saved = []
        for unit in range(UNITS_A_RETURN):
            one = self._inspect(opened, number, unit)
            opened = opened.model_copy(update={"units": (*opened.units, received_unit(one))})
            saved.append(one.inspection_id)
        balance = outgoing.closed(
            opened, count_bag(expected, opened.units), by_time_limit=False, at=clock.now, by=None
        )
        self._store.save_closing(opened, balance, clock, None, "bag_empty")
        return saved

    def _inspect(self, opened: OpenReturn, number: int, unit: int) -> SavedInspection:
        clock = self._clock.reading()
        sku = f"SKU-{(number + unit) % ARTICLES:03d}"
        item = ItemInHand(
            inspection_id=new_id(),
            scanned_at_ns=self._clock.monotonic_ns(),
            product=Product(sku=sku, name=f"Article {sku}", category=CATEGORY, mrp=Decimal(120)),
            name=f"Article {sku}",
            match=MatchState.BLIND,
            serial=f"S{number:09d}-{unit}",
            depth=CaptureDepth.COUNT,
        )
        observation = observe(
            item,
            opened,
            (),
            blocks=lambda _: (),
            model=None,
            clock=clock,
            seal=SealState.INTACT,
            site=self._identity.site,
            utc_offset_minutes=330,
        )
        decision = propose(observation, self._policy)
        saved = SavedInspection(
            inspection_id=item.inspection_id,
            return_id=opened.return_id,
            reference=opened.reference,
            item=item,
            observation=observation,
            decision=decision,
            confirmed=Confirmed(
                grade=decision.grade,
                disposition=decision.disposition,
                to_state=decision.to_state,
                place_id="A-01",
                place_label="A-01",
            ),
            decided_ms=0.0,
            saved_at=clock.now,
        )
        moved = outgoing.movement(saved).model_dump(mode="json", exclude_none=True)
        saved = saved.model_copy(update={"movements": (moved,)})
        return self._store.save_inspection(
            saved,
            lambda: outgoing.inspected(saved, opened, software=SOFTWARE, evidence=(), hold=None),
            (),
            clock,
            policy_text=self._policy_text,
        )
