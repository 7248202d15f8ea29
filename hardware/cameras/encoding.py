"""Turns a driver's picture into the one JPEG that is judged, stored and replayed.

Pixels are encoded once, here, in the camera's own process; a camera's own JPEG passes as it came.
"""

from functools import cache
from typing import TYPE_CHECKING

from hardware.cameras.driver import RawPicture
from hardware.cameras.jpeg_header import has_huffman_tables, huffman_tables, jpeg_size, trim_jpeg
from hardware.errors import PictureRefused

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DEFAULT_QUALITY = 90


@cache
def standard_huffman_tables() -> bytes:
    """The tables of the standard itself (ITU-T T.81, annex K.3), as segments of a JPEG."""
    import cv2
    import numpy as np

    _, encoded = cv2.imencode(".jpg", np.zeros((16, 16, 3), np.uint8))
    return huffman_tables(encoded.tobytes())


class PictureEncoder:
    """Makes finished JPEGs of raw pictures.

    Args:
        quality: JPEG quality for pictures that come as pixels, 1 to 100.
    """

    def __init__(self, quality: int = DEFAULT_QUALITY) -> None:
        self._quality = quality
        self._last_raw: bytes | None = None
        self._last: tuple[bytes, int, int] = (b"", 0, 0)

    def encode(self, picture: RawPicture) -> tuple[bytes, int, int]:
        """The JPEG with its width and height in pixels.

        Raises:
            PictureRefused: It is neither a whole JPEG nor a picture in blue-green-red.
        """
        if picture.jpeg is None:
            if picture.bgr is None:
                raise PictureRefused("The driver gave a picture without any content; it was dropped.")
            return self._from_pixels(picture.bgr)
        if picture.jpeg is not self._last_raw:  # a simulator shows the same bytes many times
            self._last = self._from_jpeg(picture.jpeg)
            self._last_raw = picture.jpeg
        return self._last

    def _from_jpeg(self, data: bytes) -> tuple[bytes, int, int]:
        jpeg = trim_jpeg(data)
        width, height = jpeg_size(jpeg)
        if has_huffman_tables(jpeg):
            return jpeg, width, height
        # Decoding and encoding it anew would hide what was lost on the way from whoever decodes it next.
        return jpeg[:2] + standard_huffman_tables() + jpeg[2:], width, height

    def _from_pixels(self, bgr: "NDArray[np.uint8]") -> tuple[bytes, int, int]:
        import cv2

        if bgr.ndim != 3 or bgr.shape[2] != 3 or bgr.dtype.name != "uint8" or bgr.size == 0:
            raise PictureRefused(
                f"The driver gave pixels of shape {bgr.shape} and type {bgr.dtype}, not height x width x 3 "
                f"in uint8; the picture was dropped."
            )
        done, encoded = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, self._quality])
        if not done:
            raise PictureRefused("OpenCV couldn't encode a picture; it was dropped.")
        return encoded.tobytes(), bgr.shape[1], bgr.shape[0]
