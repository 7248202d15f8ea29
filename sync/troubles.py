"""What is wrong with delivery at present: each trouble stays until what cures it has happened, and no longer.

Several may stand at once (the disk refuses while the broker is gone); people are shown the last that came,
and, when that is over, the one before it.

>>> troubles = Troubles()
>>> troubles.note("broker.unreachable", "connection refused")
>>> troubles.note("database.unwritable", "disk is full")
>>> troubles.over("broker.")
>>> troubles.latest
('database.unwritable', 'disk is full')
>>> troubles.over("database.unwritable")
>>> troubles.latest is None
True
"""


class Troubles:
    """Codes with what the other side said, in the order in which they came."""

    def __init__(self) -> None:
        self._present: dict[str, str] = {}

    @property
    def latest(self) -> tuple[str, str] | None:
        """Code and detail of the last one that still stands."""
        # Read from other threads: a copy, so that a change meanwhile does no harm.
        standing = list(self._present.items())
        return standing[-1] if standing else None

    def note(self, code: str, detail: str) -> None:
        """Something went wrong."""
        self._present.pop(code, None)
        self._present[code] = detail

    def stands(self, code: str) -> bool:
        """Whether this trouble is not over."""
        return code in self._present

    def over(self, *codes: str) -> None:
        """These are cured; a code that ends with a dot means all that begin with it."""
        for code in codes:
            gone = [known for known in self._present if code.endswith(".") and known.startswith(code)]
            for known in (code, *gone):
                self._present.pop(known, None)
