"""Sets the scene in front of simulated cameras.

    writer = SceneWriter(folder)
    writer.show({"top": jpeg_of_the_top, "front": jpeg_of_the_front})

Each picture replaces its forerunner by a rename, so a camera sees the old or the new one, never a half. When
`show()` returns, every picture taken from then on shows the new scene.
"""

import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from hardware.sim.camera import FAULTS


class SceneWriter:
    """Writes one scene folder.

    Args:
        folder: The folder; created if missing.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def show(self, views: Mapping[str, bytes | Sequence[bytes]]) -> None:
        """Puts these pictures in front of the cameras; views that aren't named stay as they are.

        Args:
            views: JPEG bytes for each view, or several: the same scene with another noise, given in turn.
        """
        for view, pictures in views.items():
            variants = [pictures] if isinstance(pictures, bytes) else list(pictures)
            if not variants:
                raise ValueError(f"view '{view}' has no picture")
            for old in self._folder.glob(f"{view}.*.jpg"):
                old.unlink(missing_ok=True)
            self._replace(f"{view}.jpg", variants[0])
            for number, variant in enumerate(variants[1:], start=1):
                self._replace(f"{view}.{number}.jpg", variant)

    def fault(self, kind: str, view: str | None = None) -> None:
        """Makes the cameras fail, all or one.

        Args:
            kind: `lost`, `hang`, `freeze`, `stale` or `garbage`.
            view: The one view that fails; None for all.
        """
        if kind not in FAULTS:
            raise ValueError(f"no fault '{kind}'; there are {', '.join(FAULTS)}")
        self._replace("fault", (kind if view is None else f"{view} {kind}").encode("ascii") + b"\n")

    def clear_fault(self) -> None:
        """Makes all cameras work again."""
        (self._folder / "fault").unlink(missing_ok=True)

    def _replace(self, name: str, content: bytes) -> None:
        handle, temporary = tempfile.mkstemp(prefix=".", dir=self._folder)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(temporary).replace(self._folder / name)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
