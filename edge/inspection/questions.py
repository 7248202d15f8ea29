"""What only a person can say about a unit: which line, another one, the date on the pack, weight, serial.

`next_question` gives the first thing that is still unknown and matters; `answer` takes what the person said.
Both are pure. Nothing is asked that the code on the pack already says, and nothing about a unit that will be
held or handed back whatever the answer.
"""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation

from edge.errors import WorkflowRefused
from edge.grading.observation import MatchState
from edge.inspection.desk import Choice, Message, Question, QuestionKind
from edge.inspection.session import ItemInHand, OpenReturn
from edge.inspection.unclear import is_unclear
from edge.returns.catalogue import DateKind
from edge.returns.dates import DateSource, PackDate
from edge.returns.identified import UnclearField
from edge.returns.received import remaining_on
from edge.returns.values import KILOGRAMS, PIECES, Quantity

UNREADABLE = "unreadable"
WHOLE = "whole"
WORTH_ASKING = (MatchState.MATCHED, MatchState.BLIND, MatchState.EXCESS)
MAX_WEIGHT_KG = Decimal(200)
_DATE = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?")
_SERIAL = re.compile(r"[!-~]{1,64}")
_LOT = re.compile(r"[!-~]{1,20}")
"""GS1 gives a lot at most 20 characters."""


def next_question(item: ItemInHand, opened: OpenReturn, units_limit: int) -> Question | None:
    """The next thing to ask about the unit in hand; None when all that matters is known.

    Args:
        item: The unit.
        opened: Its return.
        units_limit: How many identical sealed units the policy lets one inspection cover.
    """
    for ask in (_component, _quantity, _expiry, _lot, _weight, _serial):
        question = ask(item, opened, units_limit)
        if question is not None and question.question_id not in item.asked:
            return question
    return None


def answer(item: ItemInHand, question: Question, value: str) -> ItemInHand:
    """The unit with the answer taken in.

    Raises:
        WorkflowRefused: The answer is none of the choices, no date, no weight, no serial; the question stays
            open.
    """
    value = value.strip()
    changes = _ANSWERS[question.kind](item, question, value)
    return item.model_copy(update={**changes, "asked": {**item.asked, question.question_id: value}})


def another_unit(item: ItemInHand, *, excess: bool) -> Question:
    """The same code again and nothing tells the units apart."""
    prompt = "question.another_unit.excess" if excess else "question.another_unit"
    return Question(
        question_id=f"{item.inspection_id}:another_unit",
        kind=QuestionKind.ANOTHER_UNIT,
        prompt=Message(prompt, {"item": item.name}),
        input="none",
        choices=[
            Choice("another", Message("choice.another_unit")),
            Choice("same", Message("choice.same_unit")),
        ],
    )


def choose_line(item: ItemInHand, opened: OpenReturn, line_ids: tuple[str, ...]) -> Question:
    """Which line is it? Also asked for a code that cannot be read; then it may stand on no line."""
    choices = []
    for line_id in line_ids:
        line = opened.expected.line(line_id)
        label = Message(
            "choice.line", {"line": line.line_id, "item": line.name, "quantity": str(line.quantity)}
        )
        choices.append(Choice(line_id, label))
    if item.code is None:
        choices.append(Choice("none", Message("choice.no_line")))
    return Question(
        question_id=f"{item.inspection_id}:choose_line",
        kind=QuestionKind.CHOOSE_LINE,
        prompt=Message("question.choose_line", {"item": item.name}),
        input="none",
        choices=choices,
    )


def custody(opened: OpenReturn) -> Question:
    """Whose hands was it in? Asked once for a return that the station doesn't know."""
    return Question(
        question_id=f"{opened.return_id}:custody",
        kind=QuestionKind.CUSTODY,
        prompt=Message("question.custody", {"reference": opened.reference.value}),
        input="none",
        choices=[
            Choice("RIDER_ONLY", Message("choice.custody.rider_only")),
            Choice("CUSTOMER", Message("choice.custody.customer")),
        ],
    )


def _component(item: ItemInHand, opened: OpenReturn, units_limit: int) -> Question | None:
    del units_limit
    line = opened.line(item.line_id)
    if line is None or not line.is_bundle or item.component_sku is not None:
        return None
    missing = [
        part for part in line.components if not remaining_on(line, part.sku, opened.units).is_zero
    ] or list(line.components)
    choices = [Choice(part.sku, Message("choice.component", {"item": part.name})) for part in missing]
    if len(missing) == len(line.components):
        choices.append(Choice(WHOLE, Message("choice.whole_bundle")))
    return _question(item, QuestionKind.COMPONENT, "none", choices)


def _quantity(item: ItemInHand, opened: OpenReturn, units_limit: int) -> Question | None:
    line = opened.line(item.line_id)
    if line is None or line.quantity.unit != PIECES or item.match is not MatchState.MATCHED:
        return None
    if item.serial is not None or item.unit_label is not None or (item.product and item.product.serialised):
        return None
    most = min(units_limit, int(remaining_on(line, item.component_sku, opened.units).value))
    if most < 2:
        return None
    choices = [
        Choice(str(count), Message("choice.count", {"count": count})) for count in range(1, min(most, 6) + 1)
    ]
    return _question(item, QuestionKind.QUANTITY, "integer", choices, most=most)


def _expiry(item: ItemInHand, opened: OpenReturn, units_limit: int) -> Question | None:
    del opened, units_limit
    product = item.product
    if product is None or not product.dated or item.match not in WORTH_ASKING:
        return None
    if item.pack_date is not None and item.pack_date.source.is_from_item:
        return None
    kind = product.date_kind or DateKind.BEST_BEFORE
    choices = [Choice(UNREADABLE, Message("choice.date_unreadable"))]
    return _question(
        item, QuestionKind.EXPIRY_DATE, "date", choices, code=f"question.expiry_date.{kind.value}"
    )


def _lot(item: ItemInHand, opened: OpenReturn, units_limit: int) -> Question | None:
    """Recalls are told by lot: one that the code bears but doesn't tell for sure is read off the pack."""
    del opened, units_limit
    if item.lot is not None or item.match not in WORTH_ASKING or not is_unclear(item, UnclearField.LOT):
        return None
    return _question(item, QuestionKind.LOT, "text", [Choice(UNREADABLE, Message("choice.lot_unreadable"))])


def _weight(item: ItemInHand, opened: OpenReturn, units_limit: int) -> Question | None:
    del opened, units_limit
    if item.product is None or not item.product.weighed or item.match not in WORTH_ASKING:
        return None
    return (
        None if item.observed_weight_kg is not None else _question(item, QuestionKind.WEIGHT, "decimal", [])
    )


def counted_by_weight(item: ItemInHand, opened: OpenReturn) -> ItemInHand:
    """A weighed unit moves stock by its weight, unless its line counts pieces."""
    line = opened.line(item.line_id)
    in_pieces = line is not None and line.quantity.unit != KILOGRAMS
    if item.observed_weight_kg is None or in_pieces:
        return item
    return item.model_copy(update={"quantity": Quantity.kilograms(item.observed_weight_kg)})


def _serial(item: ItemInHand, opened: OpenReturn, units_limit: int) -> Question | None:
    del opened, units_limit
    if item.product is None or not item.product.serialised or item.match not in WORTH_ASKING:
        return None
    choices = [Choice(UNREADABLE, Message("choice.serial_unreadable"))]
    return None if item.serial is not None else _question(item, QuestionKind.SERIAL, "text", choices)


def _question(
    item: ItemInHand,
    kind: QuestionKind,
    input_kind: str,
    choices: list[Choice],
    *,
    code: str | None = None,
    most: int = 0,
) -> Question:
    params: dict[str, str | int | float] = {"item": item.name}
    if most:
        params["most"] = most
    return Question(
        question_id=f"{item.inspection_id}:{kind.value}",
        kind=kind,
        prompt=Message(code or f"question.{kind.value}", params),
        input=input_kind,
        choices=choices,
    )


def _refuse(code: str, **params: str | float) -> WorkflowRefused:
    return WorkflowRefused(Message(code, params), Message(f"{code}.next"))


def _take_component(item: ItemInHand, question: Question, value: str) -> dict[str, object]:
    del item
    _require_choice(question, value)
    return {} if value == WHOLE else {"component_sku": value}


def _take_quantity(item: ItemInHand, question: Question, value: str) -> dict[str, object]:
    del item
    most = int(question.prompt.params["most"])
    if not value.isascii() or not value.isdigit() or not 1 <= int(value[:6]) <= most:
        raise _refuse("refused.quantity", most=most)
    return {"quantity": Quantity.pieces(int(value))}


def _take_date(item: ItemInHand, question: Question, value: str) -> dict[str, object]:
    if value == UNREADABLE:
        return {"date_unreadable": True}
    match = _DATE.fullmatch(value)
    kind = (item.product.date_kind if item.product else None) or DateKind.BEST_BEFORE
    try:
        if match is None:
            raise ValueError(value)  # noqa: TRY301 - one way out for every kind of wrong date
        day = int(match[3]) if match[3] else None
        known = PackDate.expiring(kind, int(match[1]), int(match[2]), day, source=DateSource.TYPED)
    except ValueError as error:
        raise _refuse("refused.date") from error
    if not date(2000, 1, 1) <= known.day <= date(2100, 1, 1):
        raise _refuse("refused.date")
    del question
    return {"pack_date": known}


def _take_weight(item: ItemInHand, question: Question, value: str) -> dict[str, object]:
    del item, question
    try:
        weight = Decimal(value.replace(",", "."))
    except InvalidOperation as error:
        raise _refuse("refused.weight") from error
    if not weight.is_finite() or not Decimal("0.001") <= weight <= MAX_WEIGHT_KG:
        raise _refuse("refused.weight")
    return {"observed_weight_kg": weight.quantize(Decimal("0.001"))}


def _take_serial(item: ItemInHand, question: Question, value: str) -> dict[str, object]:
    del item, question
    if value == UNREADABLE:
        return {}
    if not _SERIAL.fullmatch(value):
        raise _refuse("refused.serial")
    return {"serial": value}


def _take_lot(item: ItemInHand, question: Question, value: str) -> dict[str, object]:
    del item, question
    if value == UNREADABLE:
        return {}
    if not _LOT.fullmatch(value):
        raise _refuse("refused.lot")
    return {"lot": value}


def _require_choice(question: Question, value: str) -> None:
    if value not in {choice.value for choice in question.choices}:
        raise _refuse("refused.choice")


def require_choice(question: Question, value: str) -> str:
    """The value, where it is one of the choices.

    Raises:
        WorkflowRefused: It is none of them.
    """
    _require_choice(question, value)
    return value


_ANSWERS: dict[QuestionKind, Callable[[ItemInHand, Question, str], dict[str, object]]] = {
    QuestionKind.COMPONENT: _take_component,
    QuestionKind.QUANTITY: _take_quantity,
    QuestionKind.EXPIRY_DATE: _take_date,
    QuestionKind.WEIGHT: _take_weight,
    QuestionKind.SERIAL: _take_serial,
    QuestionKind.LOT: _take_lot,
}
