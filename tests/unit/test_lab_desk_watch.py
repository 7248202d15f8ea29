"""How the driver sees that the desk has heard it."""

import pytest

from edge.lab.desk_watch import DeskWatch
from edge.lab.errors import DeskStuck


class DeskInSteps:
    """A station whose desk is shown as given, one step with each look; the last one stays."""

    def __init__(self, *desks):
        self._left = list(desks)

    def get(self, _):
        return {"desk": self._left.pop(0) if len(self._left) > 1 else self._left[0]}


def a_desk(version, scans, phase="return_open"):
    return {"version": version, "scans": scans, "phase": phase, "notice": None}


def watch(*desks):
    ticks = iter(range(1000))
    return DeskWatch(DeskInSteps(*desks), monotonic=lambda: next(ticks), sleep=lambda _: None)


def test_a_desk_shown_anew_has_not_heard_the_scan():
    seen = watch(a_desk(5, 1), a_desk(6, 1), a_desk(7, 2, "inspecting"), a_desk(8, 2, "proposal"))
    assert seen.heard(1)["version"] == 8


def test_a_desk_that_never_hears_is_told():
    with pytest.raises(DeskStuck, match="a read taken"):
        watch(a_desk(5, 1), a_desk(6, 1)).heard(1)
