"""The books of a receiver that shares no code with ours, and may be careless.

Nothing of `sync` is used here: events are plain JSON, checked with the published schemas, as an engineer of
another OMS would do it.
"""

import copy
import json
import threading
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
from fakes_receiver_careless import Careless

SCHEMAS = Path(__file__).parents[1] / "sync" / "contract" / "schemas"
Json = dict[str, Any]


class Refused(Exception):
    """Never as it is."""

    def __init__(self, reason: str, field: str = "") -> None:
        super().__init__(reason)
        self.answer = {"status": "rejected", "reason": reason} | ({"field": field} if field else {})


class Believed(Exception):
    """Wrong, and answered `applied` all the same."""


class Later(Exception):
    """Something that it builds on has not come."""


def _validators() -> dict[str, Any]:
    found = {}
    for path in SCHEMAS.glob("*.json"):
        if path.name.startswith(("return.", "stock.")):
            found[f"darkstore.{path.stem}"] = jsonschema.Draft202012Validator(json.loads(path.read_text()))
    return found


class Books:
    """What survives a crash: applied ids, units, stock, and what the OMS expects."""

    def __init__(self, careless: frozenset[Careless]) -> None:
        self.careless = careless
        self.answers: dict[str, Json] = {}
        self.events: dict[str, Json] = {}
        self.places: defaultdict[tuple[str, str], dict[int, str]] = defaultdict(dict)
        self.waiting: dict[tuple[str, str], Json] = {}
        self.lost: defaultdict[tuple[str, str], dict[int, int]] = defaultdict(dict)  # first to last
        self.units: dict[str, Json] = {}
        self.stock: Counter[tuple[str, str]] = Counter()
        self.lines: dict[str, Json] = {}
        self.references: dict[str, str] = {}
        self.matched: dict[str, str] = {}
        self.corrected: set[str] = set()
        self.replaced: set[str] = set()
        self._contents: set[str] = set()
        self._validators = _validators()
        self._one_at_a_time = threading.Lock()

    def is_(self, careless: Careless) -> bool:
        return careless in self.careless

    def expect(self, returns: Iterable[Json]) -> None:
        for one in returns:
            self.lines[one["return_id"]] = one["lines"][0]
            self.references[one["references"][0]["value"]] = one["return_id"]

    def restarted(self) -> None:
        if self.is_(Careless.FORGETS_IDS_AT_RESTART):
            self.answers.clear()
            self.places.clear()
        if self.is_(Careless.FORGETS_UNITS_AT_RESTART):
            self.units.clear()

    # ---- one event

    def sell(self, sku: str, quantity: int) -> None:
        """The shop's own movement, in the middle of whatever comes."""
        with self._one_at_a_time:
            self.stock[sku, "AVAILABLE"] -= quantity

    def answer(self, event: Json, known: set[str]) -> Json:
        """Applies an event, and gives the line that answers it."""
        with self._one_at_a_time:
            return self._answer(event, known)

    def _answer(self, event: Json, known: set[str]) -> Json:
        again = self._again(event, known)
        if again is not None:
            return {"id": event["id"], **again}
        owner = self.places[self.epoch_of(event)].get(event["sequence"], event["id"])
        if owner != event["id"] and not self.is_(Careless.SEQUENCE_TWICE):
            return {"id": event["id"], "status": "rejected", "reason": "the sequence is taken"}
        inspection = str(event.get("data", {}).get("inspection_id"))
        before = copy.deepcopy((self.units.get(inspection), self.stock))
        try:
            self._must_not_wait(event)
            answer = {"status": "applied", **self._apply(event)}
        except Believed:
            answer = {"status": "applied"}
        except (Refused, Later) as stopped:
            if not self.is_(Careless.BIT_BY_BIT):
                unit, self.stock = before
                self.units.pop(inspection, None)
                self.units |= {inspection: unit} if unit is not None else {}
            if isinstance(stopped, Later):
                return {"id": event["id"], **self._retry(event, str(stopped))}
            answer = stopped.answer
        self._settle(event, answer)
        return {"id": event["id"], **answer}

    def epoch_of(self, event: Json) -> tuple[str, str]:
        return event["station"], "" if self.is_(Careless.EPOCHS_MIXED) else event["epoch"]

    def _again(self, event: Json, known: set[str]) -> Json | None:
        recorded = self.answers.get(event["id"])
        if recorded is None or self.is_(Careless.FORGETS_IDS):
            return None
        if self.is_(Careless.LOOKS_IDS_UP_BEFORE_THE_BATCH) and event["id"] not in known:
            return None
        if self.is_(Careless.PRUNES_IDS_BY_DATE) and _age(event) > timedelta(days=30):
            return None
        if recorded["status"] == "rejected" and not self.is_(Careless.DUPLICATE_FOR_A_REJECTION):
            return recorded
        if self.is_(Careless.EXCEPTION_TOLD_ONCE) or recorded["status"] == "rejected":
            return {"status": "duplicate"}
        return {**recorded, "status": "duplicate"}

    def _must_not_wait(self, event: Json) -> None:
        before = {0, *self.places[self.epoch_of(event)]}
        if not self._has_previous(event):
            raise Later("the event before it has not come")
        if self.is_(Careless.ORDER_BY_SEQUENCE) and event["sequence"] - 1 not in before:
            raise Later("the sequence before has not come")
        for (station, subject), held in self.waiting.items():
            everything = self.is_(
                Careless.STOPS_AT_REJECTION if held["rejected"] else Careless.RETRY_HOLDS_EVERYTHING
            )
            mine = subject == event["subject"] and not self.is_(Careless.RETRY_HOLDS_NOTHING)
            if station != event["station"] or not (mine or everything) or held["id"] == event["id"]:
                continue
            if held["rejected"] and not everything:
                continue
            if event.get("replaces") != held["id"] and event["sequence"] > held["sequence"]:
                raise Later("an earlier event waits")

    def _has_previous(self, event: Json) -> bool:
        if "previous" not in event or self.is_(Careless.PREVIOUS_UNREAD):
            return True
        epoch, _, sequence = event["previous"].partition(":")
        place = {"station": event["station"], "epoch": epoch}
        lost = {} if self.is_(Careless.PREVIOUS_WAITS_FOR_LOST) else self.lost[event["station"], epoch]
        return int(sequence) in self.places[self.epoch_of(place)] or any(
            first <= int(sequence) <= last for first, last in lost.items()
        )

    def _retry(self, event: Json, reason: str) -> Json:
        if self.is_(Careless.NO_RETRY):
            answer = {"status": "rejected", "reason": reason}
            self._settle(event, answer)
            return answer
        self.waiting.setdefault(
            (event["station"], event["subject"]),
            {"id": event["id"], "sequence": event["sequence"], "rejected": False},
        )
        not_before = (datetime.now(UTC) + timedelta(seconds=0.1)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return {"status": "retry", "reason": reason, "not_before": not_before}

    def _settle(self, event: Json, answer: Json) -> None:
        self.answers[event["id"]] = answer
        self.events[event["id"]] = event
        self.places[self.epoch_of(event)][event["sequence"]] = event["id"]
        key = (event["station"], event["subject"])
        if answer["status"] == "rejected":
            if self.is_(Careless.REJECTS_WITHOUT_REASON):
                answer.pop("reason", None)
            held = {"id": event["id"], "sequence": event["sequence"], "rejected": True}
            if self.is_(Careless.STOPS_AT_REJECTION):
                self.waiting[key] = held
        elif key in self.waiting and self.waiting[key]["id"] in (event["id"], event.get("replaces")):
            del self.waiting[key]

    # ---- the rules

    def _apply(self, event: Json) -> Json:
        try:
            self._valid(event)
        except Refused as refused:
            if self.is_(Careless.NOTHING_VALIDATED) and refused.answer.get("field") != "type":
                raise Believed from refused
            raise
        self._may_replace(event)
        if self.is_(Careless.DEDUPLICATES_BY_CONTENT):
            content = json.dumps({**event["data"], "inspection_id": ""}, sort_keys=True)
            if content in self._contents:
                return {}
            self._contents.add(content)
        kind = event["type"].split(".")[-2]
        exception: str | None = getattr(self, f"_{kind}")(event["data"], event["station"])
        return {"exception": exception, "reason": "somebody must look"} if exception else {}

    def _valid(self, event: Json) -> None:
        validator = self._validators.get(event["type"])
        if validator is None or (self.is_(Careless.PUTAWAY_UNKNOWN) and "putaway" in event["type"]):
            raise Refused("an unknown type", "type")
        error = jsonschema.exceptions.best_match(validator.iter_errors(event))
        if error is not None:
            raise Refused(error.message[:200], ".".join(map(str, error.path)) or "data")
        if event["subject"] != event["data"]["return_id"]:
            raise Refused("the subject is another return", "subject")
        for one in event["data"].get("movements", ()):
            if "sku" not in one and "gtin" not in one:
                raise Refused("no article", "data.movements")
        for amount in (
            event["data"].get("quantity"),
            *(m["quantity"] for m in event["data"].get("movements", ())),
        ):
            if amount is not None and Decimal(amount["value"]) <= 0:
                raise Refused("must be above zero", "data.quantity.value")
        if self.is_(Careless.CLOSED_SCHEMA) and "addedlater" in event:
            raise Refused("an unknown field", "addedlater")
        words = {one["kind"] for one in event["data"].get("findings", ())}
        if self.is_(Careless.CLOSED_WORDS) and words - {"deformation", "opening", "penetration"}:
            raise Refused("an unknown word", "data.findings")
        if self.is_(Careless.CLOCK_BELIEVED) and abs(_age(event)) > timedelta(days=365):
            raise Refused("the time is wrong", "time")

    def _may_replace(self, event: Json) -> None:
        named = event.get("replaces")
        if named is None or self.is_(Careless.REPLACES_ANYTHING):
            return
        old = self.answers.get(named)
        if old is None:
            raise Later("what it replaces has not come")
        if old["status"] != "rejected" or self.is_(Careless.NOTHING_REPLACED):
            raise Refused("what it replaces was applied")
        if named in self.replaced and not self.is_(Careless.REPLACES_TWICE):
            raise Refused("replaced already")
        self.replaced.add(named)

    def _received(self, data: Json, _station: str) -> None:
        known = self.references.get(data["reference"]["value"])
        if known and data["match"] == "provisional" and not self.is_(Careless.BLIND_UNMATCHED):
            self.matched[data["return_id"]] = known

    def _inspected(self, data: Json, station: str) -> str | None:
        counts = self.matched.get(data["return_id"], data["return_id"])
        quantity = Decimal(data["quantity"]["value"])
        excess = self._is_excess(counts, station, data, quantity)
        key = data["inspection_id"]
        while key in self.units:
            key += "+"  # the same one again: a careless receiver counts it again
        unit = {
            "counts": counts,
            "desk": station,
            "serial": data["unit"].get("value"),
            "sku": data.get("sku"),
            "excess": excess,
        }
        self.units[key] = unit | {"quantity": quantity, "held": Counter({"RETURNING": quantity})}
        if any(one["from_state"] != "RETURNING" for one in data["movements"]):
            raise Refused("a unit that comes in comes from nowhere", "data.movements")
        amounts = [one["quantity"]["value"] for one in data["movements"]]
        total: Any = (
            sum(map(float, amounts)) if self.is_(Careless.FLOATING_POINT) else sum(map(Decimal, amounts))
        )
        wanted: Any = float(quantity) if self.is_(Careless.FLOATING_POINT) else quantity
        if total != wanted and not self.is_(Careless.SUMS_UNCHECKED):
            raise Refused("the movements don't add up", "data.movements")
        self._move(key, data["movements"])
        return "over_received" if excess else None

    def _is_excess(self, counts: str, station: str, data: Json, quantity: Decimal) -> bool:
        line = self.lines.get(counts)
        if line is None:
            return False
        mine = [one for one in self.units.values() if one["counts"] == counts and one["quantity"] > 0]
        if line.get("components") and not self.is_(Careless.BUNDLE_AS_ONE_PIECE):
            mine = [one for one in mine if one["sku"] == data.get("sku")]
        if self.is_(Careless.DESKS_APART):
            mine = [one for one in mine if one["desk"] == station]
        serial = data["unit"].get("value")
        if serial and serial in {one["serial"] for one in mine} and not self.is_(Careless.SERIALS_UNCOUNTED):
            return True
        if self.is_(Careless.LINES_UNCOUNTED):
            return False
        wanted = Decimal(line["quantity"]["value"])
        if line["quantity"]["unit"] != "C62" and not self.is_(Careless.WEIGHT_TO_THE_GRAM):
            wanted *= Decimal("1.1")
        return sum((one["quantity"] for one in mine if not one["excess"]), Decimal(0)) + quantity > wanted

    def _resolved(self, data: Json, _station: str) -> str | None:
        self._must_know(data["resolves"])
        return self._move(data["inspection_id"], data["movements"])

    def _putaway(self, data: Json, _station: str) -> str | None:
        return self._move(data["inspection_id"], data["movements"])

    def _corrected(self, data: Json, _station: str) -> str | None:
        self._must_know(data["corrects"])
        if data["corrects"] in self.corrected and not self.is_(Careless.CORRECTS_TWICE):
            raise Refused("corrected already", "data.corrects")
        made = [
            (one["to_state"], one["from_state"]) for one in self.events[data["corrects"]]["data"]["movements"]
        ]
        turned = sorted((one["from_state"], one["to_state"]) for one in data["reversal"])
        if sorted(made) != turned and not self.is_(Careless.ANY_REVERSAL):
            raise Refused("not its reversal", "data.reversal")
        free = data["corrects"] in self.corrected or self.is_(Careless.ANY_REVERSAL)
        short = self._move(data["inspection_id"], data["reversal"], unchecked=free)
        self._move(data["inspection_id"], data.get("movements", ()))
        self.corrected.add(data["corrects"])
        unit = self.units[data["inspection_id"]]
        if data["kind"] == "undo" and not self.is_(Careless.UNDO_KEEPS_THE_COUNT):
            unit["quantity"] = Decimal(0)
        return short

    def _closed(self, data: Json, _station: str) -> str | None:
        mine = [one["quantity"] for one in self.units.values() if one["counts"] == data["return_id"]]
        told = sum((Decimal(line["received"]) for line in data["lines"] if "line_id" in line), Decimal(0))
        knows = data["return_id"] in self.lines
        if self.is_(Careless.CLOSING_DISPUTED) and knows:
            return "count_differs"
        differs = knows and told != sum(mine, Decimal(0))
        return "count_differs" if differs and not self.is_(Careless.CLOSING_BELIEVED) else None

    def _must_know(self, named: str) -> None:
        if named not in self.answers:
            raise Later(f"{named} has not come")

    def _move(self, inspection: str, movements: Iterable[Json], *, unchecked: bool = False) -> str | None:
        if inspection not in self.units:
            raise Later(f"{inspection} has not come")
        held = self.units[inspection]["held"]
        short = False
        for one in movements:
            amount = Decimal(one["quantity"]["value"])
            if held[one["from_state"]] < amount and not (unchecked or self.is_(Careless.OVERDRAWS)):
                raise Refused("the unit is not there", "data.movements")
            held[one["from_state"]] -= amount
            held[one["to_state"]] += amount
            short |= self._take(one, amount)
        return "shortfall" if short and not self.is_(Careless.SALES_FORGOTTEN) else None

    def _take(self, one: Json, amount: Decimal) -> bool:
        article = one.get("sku") or one.get("gtin") or ""
        there = self.stock[article, one["from_state"]] - amount
        self.stock[article, one["from_state"]] = (
            max(Decimal(0), there) if one["from_state"] != "RETURNING" else 0
        )
        self.stock[article, one["to_state"]] += amount
        return one["from_state"] != "RETURNING" and there < 0

    # ---- marks

    def mark(self, station: str, epoch: str) -> tuple[int, str | None]:
        """How far every sequence of an epoch has a final answer, and the id of the event there."""
        have = self.places[station, "" if self.is_(Careless.EPOCHS_MIXED) else epoch]
        gone = {} if self.is_(Careless.MARK_WAITS_FOR_LOST) else self.lost[station, epoch]
        waiting = {held["sequence"] for key, held in self.waiting.items() if key[0] == station}
        at = 0
        while (
            at + 1 in have or at + 1 in gone or (self.is_(Careless.MARK_JUMPS_RETRIES) and at + 1 in waiting)
        ):
            at = gone.get(at + 1, at + 1)
        if self.is_(Careless.MARK_JUMPS_GAPS):
            at = max(have, default=0)
        while at and at not in have:
            at -= 1
        named = list(have.values())[-1] if have and self.is_(Careless.MARK_MISNAMED) else have.get(at)
        return at, named


def _age(event: Json) -> timedelta:
    return datetime.now(UTC) - datetime.fromisoformat(event["time"])
