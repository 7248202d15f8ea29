"""What can be wrong with what comes back.

ReturnsError
├── UnitsDiffer       two quantities in different units were put together
├── PatternRefused    a site pattern in the settings cannot be used
└── LineUnknown       a line was named that the return does not have

A scanned code never raises: `identify` answers it with `UnknownCode`.
"""


class ReturnsError(Exception):
    """Base of everything that `edge.returns` raises.

    Attributes:
        code: Stable name for logs and messages.
    """

    code = "returns.error"


class UnitsDiffer(ReturnsError):
    """Quantities of different units cannot be added or compared."""

    code = "returns.units_differ"

    def __init__(self, ours: str, theirs: str) -> None:
        super().__init__(
            f"A quantity in {theirs} cannot be put together with one in {ours}: the line and the item are "
            f"measured differently. Correct the unit in the expected return or in the catalogue."
        )
        self.ours = ours
        self.theirs = theirs


class PatternRefused(ReturnsError):
    """A site pattern would be unsafe or can never match; the station does not start with it."""

    code = "returns.pattern_refused"

    def __init__(self, name: str, pattern: str, why: str) -> None:
        super().__init__(
            f"The pattern {name} = {pattern[:80]!r} cannot be used: {why} Codes would be misread or the "
            f"station could hang on one. Correct it in the [patterns] section of the station's settings."
        )
        self.name = name
        self.pattern = pattern
        self.why = why


class LineUnknown(ReturnsError):
    """A line was named that the open return does not have."""

    code = "returns.line_unknown"

    def __init__(self, line_id: str, return_id: str) -> None:
        super().__init__(
            f"Return {return_id} has no line {line_id}: the OMS may have changed the return meanwhile. "
            f"Scan the return's code again."
        )
        self.line_id = line_id
        self.return_id = return_id
