"""What can go wrong between a picture's bytes and its findings.

VisionError
├── PictureRefused              these bytes can't be judged; take the picture again
│   ├── PictureEmpty            no bytes at all
│   ├── PictureFormatUnknown    not a JPEG, PNG or WebP
│   ├── PictureTruncated        the end is missing
│   ├── PictureDamaged          the header or the pixels can't be read
│   ├── PictureTooLarge         too many pixels or bytes to decode safely
│   ├── PictureTooSmall         too few pixels to show an item
│   └── PictureAnimated         several pictures in one file
├── DetectorError
│   ├── DetectorUnusable        the weights can't be loaded or take another shape than they should
│   └── DetectorFailed          the model gave no usable answer for this picture
├── GoldenRefused               these pictures can't serve as golden ones
└── BarcodeWorkerFailed         the second barcode decoder died or hung; the first one goes on
"""

from typing import ClassVar


class VisionError(Exception):
    """A picture could not be judged."""

    code: ClassVar[str] = "vision.error"


class PictureRefused(VisionError):
    """These bytes are no picture that can be judged.

    Attributes:
        params: Values for the message's gaps, in the catalogues of translations.
        view: Name of the camera's view that the bytes came from, where one is known.
    """

    code: ClassVar[str] = "picture.refused"

    def __init__(self, message: str, **params: str | float) -> None:
        super().__init__(message)
        self.params: dict[str, str | float] = params
        self.view: str | None = None


class PictureEmpty(PictureRefused):
    """There are no bytes: the camera or the copy failed."""

    code: ClassVar[str] = "picture.empty"


class PictureFormatUnknown(PictureRefused):
    """The bytes are not a JPEG, PNG or WebP picture."""

    code: ClassVar[str] = "picture.format_unknown"


class PictureTruncated(PictureRefused):
    """The end of the picture is missing: a cable, a full disk or a cut copy."""

    code: ClassVar[str] = "picture.truncated"


class PictureDamaged(PictureRefused):
    """The picture's header or pixels can't be read."""

    code: ClassVar[str] = "picture.damaged"


class PictureTooLarge(PictureRefused):
    """Decoding would take more memory than one picture may take; nothing was allocated."""

    code: ClassVar[str] = "picture.too_large"


class PictureTooSmall(PictureRefused):
    """Too few pixels to judge an item by."""

    code: ClassVar[str] = "picture.too_small"


class PictureAnimated(PictureRefused):
    """Several pictures in one file: which one shows the item can't be known."""

    code: ClassVar[str] = "picture.animated"


class DetectorError(VisionError):
    """The damage detector can't do its work."""

    code: ClassVar[str] = "detector.error"


class DetectorUnusable(DetectorError):
    """The weights can't be loaded, or take or give another shape than their package says."""

    code: ClassVar[str] = "detector.unusable"


class DetectorFailed(DetectorError):
    """The model failed on this picture or gave numbers that are no detections."""

    code: ClassVar[str] = "detector.failed"


class BarcodeWorkerFailed(VisionError):
    """The second barcode decoder died or took too long; it is started again for the next picture."""

    code: ClassVar[str] = "barcode.worker_failed"


class GoldenRefused(VisionError):
    """These pictures can't serve as golden ones of a product.

    Attributes:
        reason: `too_few`, `too_many`, `unlike` (they show two products) or `name`.
        pictures: Places of the pictures that it is about, where it is about some.
    """

    code: ClassVar[str] = "golden.refused"

    def __init__(self, message: str, reason: str = "", pictures: tuple[int, ...] = ()) -> None:
        super().__init__(message)
        self.reason = reason
        self.pictures = pictures
