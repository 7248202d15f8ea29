"""Cameras and scanners as the staff see them."""

import pytest

from edge.devices_view import camera_as_seen, scanner_as_seen
from hardware.cameras.health import CameraHealth, CameraState
from hardware.scanners.bank import ScannerHealth, ScannerState


@pytest.mark.parametrize("state", CameraState)
def test_a_camera_that_works_again_no_longer_tells_what_was_wrong(state: CameraState) -> None:
    seen = camera_as_seen("front", "v4l2", CameraHealth(state, 0.1, 2, "no such device", 77))
    assert (seen.last_error is None) == (state is CameraState.LIVE)
    assert (seen.state, seen.restarts) == (state.value, 2)


@pytest.mark.parametrize("state", ScannerState)
def test_a_scanner_that_works_again_no_longer_tells_what_was_wrong(state: ScannerState) -> None:
    seen = scanner_as_seen("counter", "serial", ScannerHealth(state, 5, 0, 1, 3.0, "no such port"))
    assert (seen.last_error is None) == (state is ScannerState.READY)
