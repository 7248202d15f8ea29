"""What lies on the table before the simulated cameras, and what a scanner reads off it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from edge.lab.shift.plan import UnitPlan
from hardware.sim.scene import SceneWriter

Code = tuple[str, str | None]
"""Text and AIM symbology identifier."""


class PictureSource(Protocol):
    """Where the pictures of units come from: drawn, or photographs."""

    def views(self, unit: UnitPlan, *, at_first: bool) -> Mapping[str, bytes]:
        """JPEG bytes of each view; `at_first` before the staff put it right."""
        ...

    def code(self, unit: UnitPlan) -> Code:
        """What a scanner reads off the unit."""
        ...


class TableScene:
    """Puts units before the cameras, and pulls a camera's plug.

    Args:
        folder: The simulated cameras' scene folder.
        pictures: Where pictures come from.
    """

    def __init__(self, folder: Path, pictures: PictureSource) -> None:
        self._scene = SceneWriter(folder)
        self._pictures = pictures

    def put(self, unit: UnitPlan, *, at_first: bool = False) -> None:
        """Lay a unit on the table; pictures taken from now on show it."""
        self._scene.show(dict(self._pictures.views(unit, at_first=at_first)))

    def clear(self, empty: Mapping[str, bytes]) -> None:
        """Take everything off the table."""
        self._scene.show(dict(empty))

    def code_of(self, unit: UnitPlan) -> Code:
        """What a scanner reads off the unit."""
        return (unit.typed, None) if unit.typed is not None else self._pictures.code(unit)

    def unplug(self, view: str) -> None:
        """One camera stops giving pictures."""
        self._scene.fault("lost", view)

    def plug_in(self) -> None:
        """All cameras work again."""
        self._scene.clear_fault()
