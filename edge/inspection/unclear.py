"""What a unit's code bears but doesn't tell for sure, because the scanner dropped its separators.

Nothing is guessed from such a code: a person reads it off the pack.
"""

from edge.inspection.desk import Message, Question, QuestionKind
from edge.inspection.session import ItemInHand
from edge.returns.identified import UnclearField

_ASKED_AS = {
    QuestionKind.EXPIRY_DATE: UnclearField.DATE,
    QuestionKind.LOT: UnclearField.LOT,
    QuestionKind.SERIAL: UnclearField.SERIAL,
}


def is_unclear(item: ItemInHand, field: UnclearField) -> bool:
    """Whether the unit's code bears this field without telling it for sure."""
    return item.code is not None and field in item.code.unclear


def why_asked(item: ItemInHand, question: Question) -> Message | None:
    """Why a question is asked though the code seems to answer it; None where the code bears nothing of it."""
    field = _ASKED_AS.get(question.kind)
    return Message(f"notice.unclear.{field.value}") if field is not None and is_unclear(item, field) else None
