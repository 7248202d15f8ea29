"""What is wrong with a policy pack, in words that an operations manager can act on."""

import difflib
from collections.abc import Iterable
from enum import Enum
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from edge.grading.errors import PolicyProblem
from edge.grading.policy import PolicyPack


def problem_of(detail: ErrorDetails) -> PolicyProblem:
    """One validation error as a problem with its key."""
    # Pydantic marks a wrong key of a table by a further step named "[key]"; the reader needs the key alone.
    location = detail["loc"]
    return PolicyProblem(key=_key(location), trouble=_trouble(detail, location))


def _key(location: tuple[int | str, ...]) -> str:
    """`disposition.exception[2].at_best`: tables of a list are counted from 1, as a reader counts them."""
    text = ""
    for step in location:
        if step == "[key]":
            continue
        text += f"[{step + 1}]" if isinstance(step, int) else f".{step}"
    return text.lstrip(".") or "(whole file)"


def _trouble(detail: ErrorDetails, location: tuple[int | str, ...]) -> str:
    kind = detail["type"]
    value = detail["input"]
    if kind == "extra_forbidden":
        return _unknown_key(str(location[-1]), location[:-1])
    if kind == "missing":
        return "is missing: a pack has no hidden defaults, every key must be there"
    if kind == "value_error":
        return str(detail["ctx"]["error"])
    allowed = _allowed_values(_type_at(location))
    if allowed:
        hint = _nearest(str(value), allowed)
        return f"{value!r} is not possible{hint}; allowed: {', '.join(allowed)}"
    return f"{_shown(value)} is not possible: {detail['msg'][0].lower()}{detail['msg'][1:]}"


def _unknown_key(name: str, parent: tuple[int | str, ...]) -> str:
    model = _type_at(parent)
    known = tuple(model.model_fields) if _is_model(model) else ()
    hint = _nearest(name, known)
    return f"is not a key here{hint}" + (f"; keys here: {', '.join(known)}" if known and not hint else "")


def _nearest(written: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(written.lower(), [one.lower() for one in known], n=1, cutoff=0.6)
    right = next((one for one in known if close and one.lower() == close[0]), None)
    return f" (did you mean {right!r}?)" if right is not None else ""


def _type_at(location: tuple[int | str, ...]) -> Any:
    """The type that the pack expects at a place; None where there is no such place."""
    found: Any = PolicyPack
    for step in location:
        found = _inner(found, step)
    return _without_none(found)


def _inner(outer: Any, step: int | str) -> Any:
    outer = _without_none(outer)
    if _is_model(outer):
        field = outer.model_fields.get(step)
        return field.annotation if field is not None else None
    if get_origin(outer) is tuple:
        return get_args(outer)[0]
    if get_origin(outer) is dict:
        return get_args(outer)[0 if step == "[key]" else 1]
    # Pydantic names some checks as a further step; the type stays.
    return outer


def _without_none(kind: Any) -> Any:
    if get_origin(kind) in (Union, UnionType):
        rest = [one for one in get_args(kind) if one is not type(None)]
        return rest[0] if len(rest) == 1 else kind
    if hasattr(kind, "__metadata__"):
        return get_args(kind)[0]
    return kind


def _allowed_values(kind: Any) -> tuple[str, ...]:
    if get_origin(kind) is Literal:
        return tuple(str(getattr(one, "value", one)) for one in get_args(kind))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return tuple(str(one.value) for one in kind)
    if kind is bool:
        return ("true", "false")
    return ()


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
