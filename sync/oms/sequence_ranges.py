"""Sequences as stretches: a hundred thousand answered events behind one missing are one pair of numbers.

A stretch is (first, last), both included. A list of stretches is sorted, and its stretches neither touch nor
overlap.
"""

from collections.abc import Iterable, Sequence

Stretch = tuple[int, int]


def merged(stretches: Iterable[Stretch]) -> list[Stretch]:
    """The same sequences in as few stretches as possible.

    >>> merged([(7, 9), (1, 2), (3, 3), (8, 12)])
    [(1, 3), (7, 12)]
    """
    found: list[Stretch] = []
    for first, last in sorted(stretches):
        if found and first <= found[-1][1] + 1:
            if last > found[-1][1]:
                found[-1] = (found[-1][0], last)
        else:
            found.append((first, last))
    return found


def with_numbers(stretches: Sequence[Stretch], numbers: Iterable[int]) -> list[Stretch]:
    """The stretches and these numbers.

    >>> with_numbers([(4, 6)], [7, 9, 3])
    [(3, 7), (9, 9)]
    """
    new = merged((number, number) for number in numbers)
    return merged([*stretches, *new]) if new else list(stretches)


def reach(at: int, stretches: Sequence[Stretch]) -> int:
    """The last sequence to which one comes from `at` without a gap.

    >>> reach(2, [(3, 5), (7, 8)]), reach(5, [(7, 8)])
    (5, 5)
    """
    for first, last in stretches:
        if first > at + 1:
            break
        at = max(at, last)
    return at


def gaps(at: int, end: int, stretches: Sequence[Stretch]) -> list[Stretch]:
    """What is missing after `at`, up to `end`.

    >>> gaps(0, 9, [(3, 5), (7, 7)])
    [(1, 2), (6, 6), (8, 9)]
    """
    found: list[Stretch] = []
    for first, last in stretches:
        if first > end:
            break
        if first > at + 1:
            found.append((at + 1, first - 1))
        at = max(at, last)
    if at < end:
        found.append((at + 1, end))
    return found
