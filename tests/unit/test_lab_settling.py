"""The comparison at the end: what was shown as saved against what the OMS has booked."""

from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from edge.lab.settling import Booked, compare
from sync.oms.reconcile import Report


def a_report(**changes: Any) -> Report:
    values: dict[str, Any] = {
        "owed": 0,
        "applied": 0,
        "lost": (),
        "applied_twice": (),
        "rejected": (),
        "unknown_to_journal": (),
        "exceptions": {},
        "epochs": (),
        "missing": 0,
        "doubled": 0,
    }
    return Report(**{**values, **changes})


def books(
    *applied: str,
    taken_back: tuple[str, ...] = (),
    in_account: dict[str, dict[str, int]] | None = None,
    **report: Any,
) -> Booked:
    stands = {one: {"RETURNING": -1, "AVAILABLE": 1} for one in applied if one not in taken_back}
    return Booked(
        applied=Counter(applied),
        taken_back=frozenset(taken_back),
        answers=dict.fromkeys(applied, "applied"),
        report=a_report(**report),
        ended={
            one: {account: Decimal(quantity) for account, quantity in accounts.items()}
            for one, accounts in {**stands, **(in_account or {})}.items()
        },
    )


def shown(*ids: str, undone: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    saved = [{"kind": "saved", "inspection_id": one, "disposition": "RESTOCK"} for one in ids]
    return [{"kind": "started"}, *saved, *({"kind": "undone", "inspection_id": one} for one in undone)]


def test_all_is_well() -> None:
    found = compare(shown("a", "b", undone=("b",)), books("a", "b", taken_back=("b",)), owed=0)
    assert found.good
    assert (found.confirmed, found.applied) == (2, 2)


def test_what_was_shown_and_not_applied_is_lost() -> None:
    found = compare(shown("a", "b"), books("a"), owed=0)
    assert found.lost == ("b",)
    assert not found.good


def test_what_was_applied_more_than_once_is_said() -> None:
    assert compare(shown("a"), books("a", "a"), owed=0).applied_twice == ("a",)


def test_an_undo_that_did_not_arrive_counts_as_applied_twice() -> None:
    assert compare(shown("a", undone=("a",)), books("a"), owed=0).applied_twice == ("a",)


def test_what_was_applied_and_never_shown_is_said() -> None:
    found = compare(shown("a"), books("a", "z"), owed=0)
    assert found.unknown == ("z",)
    assert not found.good


def test_books_that_do_not_balance_and_rejections_are_not_good() -> None:
    assert compare(shown("a"), books("a", applied_twice=("balance of TEA",)), owed=0).applied_twice
    assert not compare(shown("a"), books("a", rejected=("m-1",)), owed=0).good


def test_what_is_still_owed_is_not_good() -> None:
    assert not compare(shown("a"), books("a"), owed=3).good


@pytest.mark.parametrize(
    "accounts",
    [
        {"RETURNING": -1, "QUARANTINE": 1},
        {"RETURNING": -2, "AVAILABLE": 1, "QUARANTINE": 1},
        {"RETURNING": -1, "AVAILABLE": 2},
        {},
    ],
)
def test_stock_that_is_not_where_it_was_shown_is_said(accounts: dict[str, int]) -> None:
    found = compare(shown("a", "b"), books("a", "b", in_account={"b": accounts}), owed=0)
    assert list(found.misplaced) == ["b"]
    assert "RESTOCK" in found.misplaced["b"]
    assert not found.good


def test_stock_may_still_wait_for_its_bin() -> None:
    waits = {"a": {"RETURNING": -1, "AWAITING_PUTAWAY": 1}}
    assert compare(shown("a"), books("a", in_account=waits), owed=0).good


def test_what_was_undone_may_lie_nowhere() -> None:
    still = {"a": {"RETURNING": -1, "AVAILABLE": 1}}
    found = compare(shown("a", undone=("a",)), books("a", taken_back=("a",), in_account=still), owed=0)
    assert "taken back" in found.misplaced["a"]


def test_a_hold_ends_where_the_staff_sent_it() -> None:
    ending = {"inspection_id": "a", "disposition": "SCRAP"}
    asked = [*shown("a"), {"kind": "resolving", **ending}]
    scrapped = books("a", in_account={"a": {"RETURNING": -1, "SCRAP": 1}})
    assert compare(asked, scrapped, owed=0).good, "the driver was killed before it saw the answer"
    seen = [*asked, {"kind": "resolved", **ending}]
    assert compare(seen, scrapped, owed=0).good
    assert compare(seen, books("a"), owed=0).misplaced
