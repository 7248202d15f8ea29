"""Barcodes as they are printed on packs: one array element a module."""

from datetime import date

import numpy as np
import zxingcpp

from models.training.rendering.spec import CodeKind, ItemSpec, Picture

EAN_MODULES_HIGH = 52
QUIET = {CodeKind.EAN13: 9, CodeKind.DATAMATRIX: 2}


def element_string(gtin: str, expiry: date | None, lot: str) -> str:
    """The GS1 element string of a unit in its bracketed form: (01) GTIN, (17) expiry, (10) lot.

    >>> element_string("8901234567890", date(2027, 3, 31), "L42A")
    '(01)08901234567890(17)270331(10)L42A'
    """
    dated = f"(17){expiry:%y%m%d}" if expiry else ""
    return f"(01){gtin.zfill(14)}{dated}(10){lot}"


def code_modules(spec: ItemSpec) -> Picture | None:
    """Black-and-white modules of the item's barcode with its quiet zone; None where it bears none.

    Raises:
        ValueError: The GTIN's check digit is wrong, so no such code can be printed.
    """
    if spec.code is CodeKind.NONE:
        return None
    if spec.code is CodeKind.EAN13:
        barcode = zxingcpp.create_barcode(spec.gtin, zxingcpp.EAN13)
        bars = np.array(zxingcpp.write_barcode_to_image(barcode, scale=1, add_quiet_zones=False))
        modules = np.repeat(bars[:1], EAN_MODULES_HIGH, axis=0)
    else:
        content = element_string(spec.gtin, spec.expiry, spec.lot)
        barcode = zxingcpp.create_barcode(content, zxingcpp.DataMatrix, gs1=True)
        modules = np.array(zxingcpp.write_barcode_to_image(barcode, scale=1, add_quiet_zones=False))
    quiet = QUIET[spec.code]
    return np.pad(modules.astype(np.uint8), quiet, constant_values=255)


def code_picture(spec: ItemSpec, px_per_module: int) -> Picture | None:
    """The printed barcode, blue-green-red, at a whole number of pixels a module."""
    modules = code_modules(spec)
    if modules is None:
        return None
    grown = np.kron(modules, np.ones((px_per_module, px_per_module), np.uint8))
    return np.repeat(grown[:, :, None], 3, axis=2)
