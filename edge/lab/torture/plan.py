"""What happens in each round, from a seed: which bags come to which desk, and what goes wrong meanwhile.

Pure: equal seeds give equal plans. Faults are dealt like cards, so that a short campaign meets every kind:
each round gets one heavy and two light ones from decks that are shuffled anew when they run out.

The plan fixes what happens, to whom, after which unit and how many milliseconds into it. What the chain is
just doing at that moment is up to the machine.
"""

import hashlib
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from edge.lab.torture.faults import HEAVY, KILLED_BROKER, KILLS, LIGHT, BrokerKind, FaultKind

DESKS = ("desk-1", "desk-2")
SMALL_DISK_DESK = DESKS[0]
"""The desk whose data lies on a disk that can be filled."""

OMS = "oms"
BROKER = "broker"
ROUNDS_PER_CHAIN = 20
"""Then everything begins anew in a fresh folder, so that a failure's story stays short."""

LIGHT_PER_ROUND = 2
BAGS_PER_ROUND = (3, 4)
UNITS_PER_BAG = (1, 3)
LATEST_MOMENT_MS = (10, 50, 250)
"""Most kills fall into the few milliseconds around a commit, some long after it."""

WIRE_MOMENT_MS = 10
"""What a wire does begins early in a unit, so that it meets the unit's messages."""

LASTS_UNITS = (1, 4)

OWN_BAG = {FaultKind.TWIN_STATION: 2, FaultKind.UNIT_TWICE: 1}
"""Faults about units of their own, with how many."""

TAKEN_BACK = 0.15
PUT_AWAY = 0.3
LEFT_OPEN = 0.3

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Visit:
    """A bag that is opened at a desk, and what is done with it.

    Attributes:
        bag: Number of the bag within the chain.
        desk: Where it is opened.
        units: Numbers of its units that are inspected at this visit.
        undo: One of them that is taken back.
        put_away: One of them whose bin is scanned.
        closes: The bag is empty; else it is put aside.
    """

    bag: int
    desk: str
    units: tuple[int, ...]
    undo: int | None
    put_away: int | None
    closes: bool


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong.

    Attributes:
        kind: What.
        target: A desk, `oms` or `broker`.
        unit: It strikes while this unit of the round is inspected, counted from 0 over all visits.
        moment_ms: So many milliseconds into it.
        units: For so many units, where it lasts.
        draw: Seeds whatever chance it needs itself.
        bag: A bag of its own, where the fault is about units: two stations under one identity take one unit
            of it each; one unit that is taken at both desks is its first.
    """

    kind: FaultKind
    target: str
    unit: int
    moment_ms: int
    units: int
    draw: int
    bag: int | None = None


@dataclass(frozen=True, slots=True)
class Round:
    """One round."""

    number: int
    broker: BrokerKind
    visits: tuple[Visit, ...]
    faults: tuple[Fault, ...]

    @property
    def unit_count(self) -> int:
        """Units that are inspected in it."""
        return sum(len(visit.units) for visit in self.visits)


@dataclass(frozen=True, slots=True)
class ChainPlan:
    """The rounds that one chain of processes goes through.

    Attributes:
        rounds: In order.
        bags: How many units each bag holds.
    """

    rounds: tuple[Round, ...]
    bags: dict[int, int]


class Deck(Generic[T]):
    """Deals every card once before any is dealt again.

    Args:
        cards: The cards.
        rng: Shuffles them.
    """

    def __init__(self, cards: Iterable[T], rng: random.Random) -> None:
        self._cards = list(cards)
        self._rng = rng
        self._left: list[T] = []

    def deal(self) -> T:
        """The next card."""
        if not self._left:
            self._left = list(self._cards)
            self._rng.shuffle(self._left)
        return self._left.pop()

    def put_back(self, card: T) -> None:
        """Lay a card below the others, because it does not fit now."""
        self._left.insert(0, card)


def plan_campaign(seed: int, rounds: int) -> list[ChainPlan]:
    """The whole campaign, chain by chain."""
    sizes = [min(ROUNDS_PER_CHAIN, rounds - first) for first in range(0, rounds, ROUNDS_PER_CHAIN)]
    return [_plan_chain(seed, number, size) for number, size in enumerate(sizes)]


def digest_of(plan: list[ChainPlan]) -> str:
    """Names a plan: two campaigns of one digest brought the same faults to the same units."""
    return hashlib.sha256(repr(plan).encode()).hexdigest()[:16]


def _plan_chain(seed: int, chain: int, rounds: int) -> ChainPlan:
    rng = random.Random(f"{seed}/{chain}")
    heavy, light, brokers = Deck(HEAVY, rng), Deck(LIGHT, rng), Deck(BrokerKind, rng)
    bags = _Bags(rng)
    planned = []
    for place in range(rounds):
        dealt = _deal_light(light)
        broker = next((KILLED_BROKER[kind] for kind in dealt if kind in KILLED_BROKER), None)
        visits = bags.visits(last=place == rounds - 1)
        one = Round(chain * ROUNDS_PER_CHAIN + place + 1, broker or brokers.deal(), visits, ())
        faults = [_heavy(heavy.deal(), one, bags, rng), *(_light(kind, one, rng) for kind in dealt)]
        planned.append(Round(one.number, one.broker, visits, tuple(sorted(faults, key=_when))))
    return ChainPlan(tuple(planned), bags.sizes)


def _when(fault: Fault) -> tuple[int, int]:
    return fault.unit, fault.moment_ms


def _deal_light(deck: Deck[FaultKind]) -> list[FaultKind]:
    """So many that fit together: a round has one broker, so not two kills of different brokers."""
    dealt: list[FaultKind] = []
    passed: list[FaultKind] = []
    while len(dealt) < LIGHT_PER_ROUND:
        kind = deck.deal()
        clashes = kind in dealt or (kind in KILLED_BROKER and any(one in KILLED_BROKER for one in dealt))
        (passed if clashes else dealt).append(kind)
    for kind in passed:
        deck.put_back(kind)
    return dealt


def _heavy(kind: FaultKind, one: Round, bags: "_Bags", rng: random.Random) -> Fault:
    """A heavy fault begins in the first half of the round and lasts some units."""
    unit = rng.randrange(max(1, one.unit_count // 2))
    target = rng.choice(DESKS)
    if kind is FaultKind.DISK_FULL:
        target = SMALL_DISK_DESK
        unit = _first_unit_at(one.visits, target, unit)
    elif kind in (FaultKind.OMS_RESTORED, FaultKind.REDELIVERED_LATE):
        target = OMS
    elif kind in (FaultKind.UNIT_TWICE, FaultKind.IO_ERROR):
        target = desk_of(one.visits, unit)
    bag = bags.one_more(OWN_BAG[kind]) if kind in OWN_BAG else None
    return Fault(kind, target, unit, 0, rng.randint(*LASTS_UNITS), rng.randrange(2**32), bag)


def _light(kind: FaultKind, one: Round, rng: random.Random) -> Fault:
    unit = rng.randrange(one.unit_count)
    moment = rng.randrange(rng.choice(LATEST_MOMENT_MS) if kind in KILLS else WIRE_MOMENT_MS)
    desk = desk_of(one.visits, unit)
    if kind in (FaultKind.KILL_OMS, FaultKind.ANSWER_LOST):
        target = OMS
    elif kind in KILLED_BROKER:
        target = BROKER
    elif kind in (FaultKind.KILL_STATION, FaultKind.BROKER_FORGETS):
        target = desk
    else:
        target = rng.choice((desk, desk, OMS))
    return Fault(kind, target, unit, moment, rng.randint(*LASTS_UNITS), rng.randrange(2**32))


def desk_of(visits: Sequence[Visit], unit: int) -> str:
    """At which desk the round's unit of that number is inspected."""
    for visit in visits:
        if unit < len(visit.units):
            return visit.desk
        unit -= len(visit.units)
    return visits[-1].desk


def _first_unit_at(visits: Sequence[Visit], desk: str, otherwise: int) -> int:
    before = 0
    for visit in visits:
        if visit.desk == desk:
            return before
        before += len(visit.units)
    return otherwise


class _Bags:
    """Makes up bags; those that are put aside come back in a later round."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._left: list[tuple[int, str, tuple[int, ...]]] = []
        self.sizes: dict[int, int] = {}

    def visits(self, *, last: bool) -> tuple[Visit, ...]:
        """One round's visits; in the last round nothing is left open."""
        rng = self._rng
        again, self._left = self._left, []
        visits = [self._visit(bag, desk, units, closes=True) for bag, desk, units in again]
        desks = list(DESKS)
        rng.shuffle(desks)
        for place in range(rng.randint(*BAGS_PER_ROUND)):
            bag, units = len(self.sizes) + 1, rng.randint(*UNITS_PER_BAG)
            desk = desks[place % len(desks)]
            closes = last or rng.random() >= LEFT_OPEN
            later = () if closes else (units + 1,)
            self.sizes[bag] = units + len(later)
            if later:
                self._left.append((bag, desk, later))
            visits.append(self._visit(bag, desk, tuple(range(1, units + 1)), closes=closes))
        return tuple(visits)

    def one_more(self, units: int) -> int:
        """A bag that no visit opens."""
        bag = len(self.sizes) + 1
        self.sizes[bag] = units
        return bag

    def _visit(self, bag: int, desk: str, units: tuple[int, ...], *, closes: bool) -> Visit:
        rng = self._rng
        undo = rng.choice(units) if rng.random() < TAKEN_BACK else None
        put_away = rng.choice(units) if rng.random() < PUT_AWAY else None
        return Visit(bag, desk, units, undo, None if put_away == undo else put_away, closes)
