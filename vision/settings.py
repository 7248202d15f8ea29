"""Settings of the eyes of a station: the `[vision]` section of `station.toml`.

Pictures are judged at a reduced size, so that a setting means the same for a 1080p camera and a photograph.
Every default was measured on rendered scenes and on photographs (docs/vision.md).
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]
Grey = Annotated[float, Field(ge=0, le=255)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PictureSettings(_Section):
    """What a picture may be before it is decoded: `[vision.picture]`."""

    max_megapixels: float = Field(default=40, gt=0, le=200)
    max_megabytes: float = Field(default=32, gt=0, le=512)
    min_side: int = Field(default=64, ge=8, description="pixels")
    strict_jpeg: bool = Field(
        default=True,
        description="refuse a JPEG whose data is spoilt; false for a camera that always spoils it",
    )


class QualitySettings(_Section):
    """When a picture is good enough to judge an item by: `[vision.quality]`."""

    work_side: int = Field(default=640, ge=160, le=1920, description="longer side of the reduced picture")
    max_blur: float = Field(default=1.8, gt=0, le=7, description="edge spread, pixels of the reduced picture")
    dark_level: Grey = Field(default=45, description="refused when 95 of 100 pixels are darker than this")
    bright_share: Share = Field(default=0.6, description="share of the item that is burnt out to white")
    min_contrast: Grey = Field(default=12, description="a picture flatter than this shows no item")
    hand_share: Share = Field(default=0.03, description="skin from the border inwards, share of the picture")


class LocalisationSettings(_Section):
    """How the item is told from the empty station: `[vision.localisation]`."""

    work_side: int = Field(default=320, ge=96, le=960, description="longer side of the reduced picture")
    min_area: Share = Field(default=0.003, description="smallest item, share of the picture")
    max_changed: Share = Field(default=0.85, description="more than this changed: the reference doesn't fit")
    colour_change: float = Field(default=14, gt=0, description="change of chroma that is no shadow, of 255")
    light_change: float = Field(default=0.22, gt=0, description="rise in brightness that is an object, share")
    shadow_floor: float = Field(default=0.45, gt=0, lt=1, description="darker than this share is no shadow")
    min_fit: float = Field(default=0.35, ge=-1, le=1, description="likeness of the background's edges")


class DetectorSettings(_Section):
    """How the model is run: `[vision.detector]`."""

    threads: int = Field(default=1, ge=1, le=16, description="of one run of the network")
    at_once: int = Field(default=2, ge=1, le=16, description="runs of the network at the same time")
    margin: Share = Field(default=0.06, description="kept around the item's box, share of its longer side")
    mask_background: bool = Field(default=True, description="fill what is not the item with neutral grey")
    trust: Share = Field(default=0.5, description="localisation's confidence from which that is done")


class BarcodeSettings(_Section):
    """Which codes are read off pictures: `[vision.barcodes]`."""

    formats: tuple[str, ...] = (
        "EAN13", "EAN8", "UPCA", "UPCE", "Code128", "ITF", "Code39", "DataBar", "DataBarExp",
        "DataMatrix", "QRCode",
    )  # fmt: skip
    use_zbar: bool = Field(default=True, description="ask libzbar too, where it is installed")
    zbar_timeout_s: float = Field(default=2.0, gt=0, le=30)
    enlarge: bool = Field(default=True, description="try twice the size, sharpened, when all else failed")
    max_text: int = Field(default=4096, ge=1, description="longer codes are dropped")
    places: int = Field(default=3, ge=0, le=16, description="places with bars that are turned upright")
    match_expected: bool = Field(default=True, description="compare unread bars with the expected codes")
    matched_places: int = Field(default=2, ge=1, le=16, description="of the places, how many are compared")
    matched_lines: int = Field(default=2, ge=1, le=6, description="lines across the bars that are compared")
    max_doubt: Share = Field(default=0.4, description="of any digit of a compared code; 0.5 is either digit")


class VisionSettings(_Section):
    """The whole `[vision]` section."""

    picture: PictureSettings = PictureSettings()
    quality: QualitySettings = QualitySettings()
    localisation: LocalisationSettings = LocalisationSettings()
    detector: DetectorSettings = DetectorSettings()
    barcodes: BarcodeSettings = BarcodeSettings()
    view_threads: int = Field(default=2, ge=1, le=8, description="views prepared at the same time")
    opencv_threads: int = Field(default=1, ge=1, le=16, description="OpenCV's own threads, in this process")
