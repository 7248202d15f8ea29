"""The two decoders in our words: zxing in this process, zbar in its own (`vision/barcode_worker.py`)."""

from collections.abc import Sequence
from typing import Any

import zxingcpp

from vision.barcode_worker import WorkerCode, ZbarWorker
from vision.barcodes.code import Barcode
from vision.barcodes.retail_symbols import upce_to_gtin13
from vision.errors import BarcodeWorkerFailed
from vision.picture import Picture

_SAME_NAME = {
    "EAN-13": "ean13", "EAN-8": "ean8", "UPC-A": "upca", "UPC-E": "upce", "Code 128": "code128", "ITF": "itf",
    "Code 39": "code39", "Code 39 Std": "code39", "Data Matrix": "datamatrix", "QR Code": "qr",
    "DataBar": "databar", "DataBar Omni": "databar", "DataBar Stacked": "databar",
    "DataBar Expanded": "databar_expanded", "DataBar Expanded Stacked": "databar_expanded",
}  # fmt: skip
_FROM_ZBAR = {
    "EAN13": ("ean13", "]E0"), "EAN8": ("ean8", "]E4"), "UPCA": ("upca", "]E0"), "UPCE": ("upce", "]E0"),
    "CODE128": ("code128", "]C0"), "QRCODE": ("qr", "]Q1"),
}  # fmt: skip
"""Without ITF, Code 39 and DataBar: zbar sees these in text and in parts of other codes, and garbles them."""
_ZBAR_NEEDS = {
    "ean13": "EAN13", "upca": "UPCA", "ean8": "EAN8", "upce": "UPCE", "code128": "Code128", "qr": "QRCode",
}  # fmt: skip
_UPCE_DIGITS = 8


class Zxing:
    """Reads the symbologies of the settings.

    Args:
        formats: zxing's names of them.

    Raises:
        ValueError: If a name is unknown.
    """

    def __init__(self, formats: Sequence[str]) -> None:
        self._formats = zxingcpp.barcode_formats_from_str(",".join(formats))

    def read(self, grey: Picture, way: str, *, upright: bool = False) -> list[Barcode]:
        """Every code that is found whole and with right check digits.

        Args:
            grey: Grey picture.
            way: Named as the codes' decoder.
            upright: The bars are known to stand upright, so that turning the picture is no use.
        """
        found = zxingcpp.read_barcodes(
            grey,
            formats=self._formats,
            text_mode=zxingcpp.TextMode.Plain,
            try_rotate=not upright,
            try_downscale=not upright,
        )
        return [_from_zxing(code, way) for code in found if code.valid]


class Zbar:
    """Reads what of the settings' symbologies zbar knows.

    Args:
        worker: Its process.
        formats: zxing's names of the symbologies.
    """

    def __init__(self, worker: ZbarWorker, formats: Sequence[str]) -> None:
        self._worker = worker
        self._wanted = frozenset(formats)

    def read(self, grey: Picture) -> list[Barcode]:
        """Every code; none where the process failed: it starts anew for the next picture."""
        try:
            found = self._worker.read(grey)
        except BarcodeWorkerFailed:
            return []
        codes = [_from_zbar(code) for code in found if code.type in _FROM_ZBAR]
        return [code for code in codes if self._is_wanted(code)]

    def close(self) -> None:
        """End the process."""
        self._worker.close()

    def _is_wanted(self, code: Barcode) -> bool:
        if _ZBAR_NEEDS[code.symbology] in self._wanted:
            return True
        # zbar calls a UPC-A an EAN-13 that begins with 0
        return code.symbology == "ean13" and code.text.startswith("0") and "UPCA" in self._wanted


def _from_zxing(code: Any, way: str) -> Barcode:
    place = code.position
    corners = tuple(
        (float(point.x), float(point.y))
        for point in (place.top_left, place.top_right, place.bottom_right, place.bottom_left)
    )
    name = str(code.format)
    symbology = _SAME_NAME.get(name, name.lower().replace(" ", "_"))
    return Barcode(code.text, symbology, code.symbology_identifier, way, corners)


def _from_zbar(code: WorkerCode) -> Barcode:
    symbology, aim = _FROM_ZBAR[code.type]
    text = code.text
    if symbology == "upce" and len(text) == _UPCE_DIGITS and text.isdigit():
        text = upce_to_gtin13(text)  # as it stands it would be taken for a GTIN-8
    return Barcode(text, symbology, aim, "zbar", tuple((float(x), float(y)) for x, y in code.points))
