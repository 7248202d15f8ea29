"""Percentiles, and how figures are told."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which a share of the values lies, by the nearest rank.

    >>> percentile([5, 1, 3], 0.5), percentile([5, 1, 3], 0.95), percentile([], 0.5)
    (3, 5, 0.0)
    """
    ordered = sorted(values)
    if not ordered:
        return 0.0
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median, 95th and 99th percentile."""
    return {
        "p50_ms": round(percentile(values, 0.50), 2),
        "p95_ms": round(percentile(values, 0.95), 2),
        "p99_ms": round(percentile(values, 0.99), 2),
    }


def tell(title: str, figures: Mapping[str, Any], *, as_json: bool) -> None:
    """Print figures as JSON, or as a table."""
    if as_json:
        sys.stdout.write(json.dumps(figures, indent=2) + "\n")
        sys.stdout.flush()
        return
    table = Table("figure", "value", title=title)
    for name, value in _flat(figures):
        table.add_row(name.replace("_", " "), str(value))
    Console().print(table)


def _flat(figures: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, value in figures.items():
        if isinstance(value, Mapping):
            found.extend(_flat(value, f"{prefix}{name}: "))
        else:
            found.append((f"{prefix}{name}", value))
    return found
