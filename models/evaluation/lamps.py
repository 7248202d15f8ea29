"""The same picture in another light: drawn, the same for the same seed, picture and number.

Each lamp is up to 1.4 times as bright or as dark, each colour up to 8 % stronger or weaker, the contrast up
to 1.28 times harder or softer (gamma), and one side up to 42 % brighter than the other, one corner twice
as bright.
"""

import zlib
from pathlib import Path

import numpy as np

from vision.picture import Picture

_BRIGHT, _COLOUR, _CONTRAST, _ACROSS = 0.35, 0.08, 0.25, 0.35


class Lamps:
    """Draws other lights."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def relit(self, picture: Picture, path: Path, number: int) -> Picture:
        """A BGR picture in the light of lamp `number`; `path` tells pictures apart, only its name counts."""
        rng = np.random.default_rng([self._seed, zlib.crc32(path.name.encode()), number])
        height, width = picture.shape[:2]
        gain = np.exp(rng.uniform(-_BRIGHT, _BRIGHT) + rng.uniform(-_COLOUR, _COLOUR, 3))
        gamma = np.exp(rng.uniform(-_CONTRAST, _CONTRAST))
        across, down = rng.uniform(-_ACROSS, _ACROSS, 2)
        slope = (
            1 + across * (np.arange(width) / width - 0.5) + down * (np.arange(height) / height - 0.5)[:, None]
        )
        table = (np.clip(np.arange(256)[:, None] / 255 * gain, 0, 1) ** gamma * 255).astype(np.float32)
        lit = np.stack([table[picture[..., channel], channel] for channel in range(3)], axis=-1)
        return np.asarray(np.clip(lit * slope[..., None], 0, 255), np.uint8)
