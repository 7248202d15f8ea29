"""Everything that can go wrong with a device, in words that tell a person what to do.

    HardwareError
    ├── DeviceSettingsError          a configured device can't work as it is configured
    │   ├── DriverUnavailable        the driver's code can't be loaded on this machine
    │   └── UnknownCamera            somebody asked for a camera that isn't configured
    ├── CameraError                  a camera doesn't give pictures
    │   ├── CameraNotFound           there is no such device, file or folder
    │   ├── CameraLost               it gave pictures and stopped
    │   ├── PictureRefused           one picture is unusable; the next may be fine
    │   └── PictureTooLarge          a picture doesn't fit in the space set aside for it
    └── ScannerError                 a scanner can't be read
        ├── ScannerNotFound          there is no such device
        ├── ScannerLost              it was unplugged or stopped answering
        └── ScannerBusy              another program reads it

Each class has a stable `code`. Camera children import this module, so it stays free of imports.
"""


class HardwareError(Exception):
    """A device can't do what was asked of it.

    Attributes:
        code: Stable name of the kind of trouble, for logs and translation.
        message: What happened, what it means and what to do next.
    """

    code = "hardware.error"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class DeviceSettingsError(HardwareError):
    """A configured device can't work as it is configured; the station doesn't start with it."""

    code = "hardware.settings"


class DriverUnavailable(DeviceSettingsError):
    """The code of a configured driver can't be loaded on this machine."""

    code = "hardware.driver_unavailable"

    def __init__(self, device: str, driver: str, reason: str) -> None:
        super().__init__(
            f"{device}: its driver '{driver}' can't be loaded ({reason}). The station would run without this "
            f"device, so it doesn't start. Install what is missing, or change 'driver' in the device's "
            f"settings."
        )


class UnknownCamera(DeviceSettingsError):
    """A picture was asked of a camera that isn't configured."""

    code = "hardware.unknown_camera"

    def __init__(self, camera: str, configured: tuple[str, ...]) -> None:
        super().__init__(
            f"There is no camera named '{camera}'; configured are: {', '.join(configured) or 'none'}. "
            f"Correct the name, or add a [cameras.{camera}] section to the settings."
        )


class CameraError(HardwareError):
    """A camera doesn't give pictures."""

    code = "camera.error"


class CameraNotFound(CameraError):
    """The device, file or folder that a camera's settings name isn't there."""

    code = "camera.not_found"


class CameraLost(CameraError):
    """A camera that worked stopped giving pictures."""

    code = "camera.lost"


class PictureRefused(CameraError):
    """One picture can't be used: cut short, not a JPEG, or with an impossible time. The next may be fine."""

    code = "camera.picture_refused"


class PictureTooLarge(PictureRefused):
    """A picture is larger than the space set aside for the camera's pictures."""

    code = "camera.picture_too_large"

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(
            f"A picture of {size} bytes is larger than the {limit} bytes set aside for it and was dropped. "
            f"Raise 'max_picture_bytes' in the camera's settings or lower the camera's resolution."
        )


class ScannerError(HardwareError):
    """A scanner can't be read."""

    code = "scanner.error"


class ScannerNotFound(ScannerError):
    """The port or socket that a scanner's settings name isn't there."""

    code = "scanner.not_found"


class ScannerLost(ScannerError):
    """A scanner that worked was unplugged or stopped answering."""

    code = "scanner.lost"


class ScannerBusy(ScannerError):
    """Another program holds the scanner."""

    code = "scanner.busy"
