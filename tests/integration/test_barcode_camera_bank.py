"""Real camera process, decoders and scanner bank: what lies under the camera becomes one scan."""

import queue

import cv2
import numpy as np
import zxingcpp

from edge.camera_scanner import camera_scanners
from hardware.cameras.bank import CameraBank
from hardware.cameras.settings import FolderCameraSettings
from hardware.scanners.bank import ScannerBank
from hardware.scanners.scan import Scan
from hardware.scanners.settings import CameraScannerSettings
from vision.barcodes import expects_gtins
from vision.settings import BarcodeSettings, VisionSettings

GTIN = "08901234567890"


def test_a_leaning_datamatrix_and_then_a_tilted_ean_are_scanned_once_each(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    made = zxingcpp.create_barcode(f"(01){GTIN}(10)L42(17)270331", zxingcpp.DataMatrix, gs1=True)
    matrix = np.pad(np.array(zxingcpp.write_barcode_to_image(made, scale=8)), 80, constant_values=240)
    code = zxingcpp.create_barcode("4006381333931", zxingcpp.EAN13)
    bars = np.pad(np.array(zxingcpp.write_barcode_to_image(code, scale=3)), 120, constant_values=240)
    turn = cv2.getRotationMatrix2D((bars.shape[1] / 2, bars.shape[0] / 2), 40, 0.9)
    tilted = cv2.warpAffine(bars, turn, bars.shape[::-1], borderValue=240)
    cv2.imwrite(str(folder / "1.png"), matrix)
    cv2.imwrite(str(folder / "2.png"), tilted)
    scans: queue.Queue[Scan] = queue.Queue()
    vision = VisionSettings(barcodes=BarcodeSettings(use_zbar=False))
    with CameraBank({"top": FolderCameraSettings(folder=folder, seconds_each=2.0)}) as cameras:
        assert cameras.fresh(0, 30)["top"] is not None
        build = camera_scanners(
            cameras, vision, waiting=lambda: True, expected=lambda: expects_gtins([GTIN, "4006381333931"])
        )
        settings = CameraScannerSettings(camera="top", look_every_ms=50, again_after_s=60)
        with ScannerBank({"eye": settings}, scans.put, build=build) as bank:
            found = [scans.get(timeout=40) for _ in range(2)]
            assert bank.health()["eye"].restarts == 0
    by_symbology = {scan.symbology: scan for scan in found}
    assert by_symbology["]d2"].text == f"01{GTIN}10L42\x1d17270331"
    assert by_symbology["]E0"].text == "4006381333931"
    assert {scan.scanner for scan in found} == {"eye"}
    assert scans.empty()
