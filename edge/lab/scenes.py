"""Camera pictures for a station without cameras: drawn items or photographs, as 1080p JPEG, kept on disk.

Drawing a view takes a fifth of a second, so each is kept under a name made from everything that decides its
bytes: the item, the moment, the station, and the renderer itself. A second start of a demo finds all of
them; a changed renderer finds none, rather than stale ones.

A photograph is laid on the drawn station, between its empty corners, so that the station's own reference
picture still fits and the item is found as it would be.
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path

from edge.lab.errors import PicturesUnusable
from models.training.rendering.spec import HEIGHT, WIDTH, ItemSpec, Picture, StationLook, View

JPEG_QUALITY = 90
LARGEST_SHARE = 0.84
"""Of the frame's height or width that a photograph may fill; the border stays the empty station's."""
BLUR_SIGMA = 14.0


class SceneStore:
    """Pictures of one station's views.

    Args:
        folder: Where pictures are kept; made when it is missing.
        look: The station that is drawn.
    """

    def __init__(self, folder: Path, look: StationLook) -> None:
        self._folder = folder
        self._look = look

    def item(self, spec: ItemSpec, seed: int) -> Mapping[str, bytes]:
        """JPEG bytes of each view of a drawn item; equal arguments give equal bytes.

        Raises:
            ValueError: The item can't be drawn as described.
        """
        from models.training.rendering import render_item, render_view

        def draw() -> Mapping[View, Picture]:
            import numpy as np

            item = render_item(spec, np.random.default_rng(seed))
            return {view: render_view(item, view, self._look, seed).bgr for view in View}

        return self._kept({"item": asdict(spec), "seed": seed}, draw)

    def empty(self) -> Mapping[str, bytes]:
        """JPEG bytes of each view of the empty station: the reference that items are told from."""
        from models.training.rendering import render_empty

        return self._kept({"empty": True}, lambda: {view: render_empty(view, self._look) for view in View})

    def photographs(
        self, paths: Mapping[View, Path], seed: int, *, blurred: bool = False
    ) -> Mapping[str, bytes]:
        """JPEG bytes of each view with a photograph laid on the empty station.

        Raises:
            PicturesUnusable: A photograph can't be read.
        """
        digests = {view.value: _digest_of(path) for view, path in paths.items()}

        def lay() -> Mapping[View, Picture]:
            return {
                view: laid_on(self._look, view, read_photograph(path), seed, blurred)
                for view, path in paths.items()
            }

        return self._kept({"photographs": digests, "seed": seed, "blurred": blurred}, lay)

    def _kept(
        self, what: Mapping[str, object], draw: Callable[[], Mapping[View, Picture]]
    ) -> Mapping[str, bytes]:
        described = {
            "what": what,
            "look": asdict(self._look),
            "quality": JPEG_QUALITY,
            "renderer": renderer_digest(),
        }
        text = json.dumps(described, sort_keys=True, default=str)
        home = self._folder / hashlib.sha256(text.encode()).hexdigest()[:32]
        kept = {view.value: home / f"{view.value}.jpg" for view in View}
        if all(path.is_file() for path in kept.values()):
            return {name: path.read_bytes() for name, path in kept.items()}
        from models.training.rendering import encode_jpeg

        encoded = {view.value: encode_jpeg(bgr, JPEG_QUALITY) for view, bgr in draw().items()}
        home.mkdir(parents=True, exist_ok=True)
        for name, jpeg in encoded.items():
            _replace(home / f"{name}.jpg", jpeg)
        return encoded


def read_photograph(path: Path) -> Picture:
    """A photograph, blue-green-red.

    Raises:
        PicturesUnusable: It can't be read.
    """
    import cv2
    import numpy as np

    try:
        picture = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    except (OSError, cv2.error) as error:
        raise PicturesUnusable(
            f"{path} can't be read ({error}); remove it or name another folder."
        ) from error
    if picture is None:
        raise PicturesUnusable(f"{path} is no picture; remove it or name another folder.")
    return np.asarray(picture, np.uint8)


def laid_on(look: StationLook, view: View, photograph: Picture, seed: int, blurred: bool = False) -> Picture:
    """The station's view with the photograph in its middle, as large as fits inside the empty border."""
    import cv2

    from models.training.rendering import render_empty

    frame = render_empty(view, look, seed)
    height, width = photograph.shape[:2]
    scale = min(LARGEST_SHARE * HEIGHT / height, LARGEST_SHARE * WIDTH / width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    fitted = cv2.resize(photograph, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    x, y = (WIDTH - size[0]) // 2, (HEIGHT - size[1]) // 2
    frame[y : y + size[1], x : x + size[0]] = fitted
    if blurred:
        frame[:] = cv2.GaussianBlur(frame, (0, 0), BLUR_SIGMA)
    return frame


@lru_cache(maxsize=1)
def renderer_digest() -> str:
    """Digest of the renderer's own source: what drew a picture is part of its name."""
    import models.training.rendering

    digest = hashlib.sha256()
    for path in sorted(Path(models.training.rendering.__file__).parent.glob("*.py")):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _digest_of(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise PicturesUnusable(
            f"{path} can't be read ({error}); remove it or name another folder."
        ) from error


def _replace(path: Path, content: bytes) -> None:
    """Write in one step: a demo that is killed leaves no half picture under a name that says it is whole."""
    handle, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as out:
        out.write(content)
    Path(name).replace(path)
