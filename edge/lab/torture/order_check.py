"""Were a return's events applied in the order in which its desk committed them?"""

from collections import defaultdict
from collections.abc import Iterable

from edge.lab.torture.books import Event, Shown
from edge.lab.torture.findings import Finding


def find_order(shown: Shown, events: Iterable[Event]) -> Iterable[Finding]:
    """Per desk and return: the order of application is the order of commits.

    Committed later is what has a higher sequence in the same run of the desk's station, or comes from a run
    that began later. A run that no desk has shown can't have committed anything. Two devices that go by one
    name are two desks: nothing orders what they commit at the same time.
    """
    of_return: dict[tuple[str, str], list[tuple[Event, tuple[int, int]]]] = defaultdict(list)
    for one in events:
        if one.status != "applied":
            continue
        if one.epoch not in shown.epochs:
            what = f"{one.type} comes from a run of {one.station} that no desk has shown."
            yield Finding("unknown", what, one.inspection_id, one.subject)
            continue
        desk, run = shown.epochs[one.epoch]
        of_return[desk, one.subject].append((one, (run, one.sequence)))
    for (desk, return_id), found in sorted(of_return.items()):
        found.sort(key=lambda one: one[0].place or 0)
        furthest, newest = found[0]
        for one, committed in found[1:]:
            if committed > newest:
                furthest, newest = one, committed
                continue
            yield Finding(
                "order_violations",
                f"{desk}: {_named(one)} was applied after {_named(furthest)}, but committed before.",
                one.inspection_id,
                return_id,
            )


def _named(event: Event) -> str:
    return f"{event.type.split('.')[-2]} {event.epoch}:{event.sequence}"
