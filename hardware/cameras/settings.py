"""What an operator writes in `[cameras.NAME]`.

The name is the view (`top`, `front`); `driver` chooses the rest. Unknown keys are refused. `parameters()`
gives the plain values with which the driver is built in the camera's own process, which stays free of
pydantic to stay small.
"""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

_SUPERVISION = frozenset(
    {
        "driver",
        "stall_after_s",
        "start_within_s",
        "steady_after_s",
        "restart_base_s",
        "restart_cap_s",
        "max_picture_bytes",
        "jpeg_quality",
    }
)

_FEWEST_MISSED = 3

Seconds = Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)]
Rate = Annotated[float, Field(gt=0, le=240, allow_inf_nan=False)]
Milliseconds = Annotated[float, Field(ge=0, le=60_000, allow_inf_nan=False)]


class SupervisedCameraSettings(BaseModel):
    """What every camera has: when its process counts as stuck, and how it comes back.

    Attributes:
        stall_after_s: Age in seconds of the newest picture at which the camera's process is killed and
            restarted. None: an old picture is no sign of trouble (a folder that is filled now and then).
        start_within_s: Seconds that a started process has for its first picture.
        steady_after_s: Seconds of pictures after which earlier failures are forgotten.
        restart_base_s: Ceiling in seconds of the random wait before the first restart; doubles with each
            failure.
        restart_cap_s: Highest ceiling in seconds.
        max_picture_bytes: Room for one JPEG; larger ones are dropped and reported.
        jpeg_quality: Quality of the JPEG where the camera gives pixels.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    driver: str
    stall_after_s: Seconds | None = 1.0
    start_within_s: Seconds = 8.0
    steady_after_s: Seconds = 10.0
    restart_base_s: Seconds = 0.25
    restart_cap_s: Seconds = 10.0
    max_picture_bytes: int = Field(default=8 * 1024 * 1024, ge=4096, le=64 * 1024 * 1024)
    jpeg_quality: int = Field(default=90, ge=1, le=100)

    @model_validator(mode="after")
    def _a_slow_camera_is_not_a_stuck_one(self) -> Self:
        rate = getattr(self, "pictures_per_second", None)
        if self.stall_after_s is not None and rate is not None and self.stall_after_s * rate < _FEWEST_MISSED:
            least_s = _FEWEST_MISSED / rate
            raise ValueError(
                f"stall_after_s = {self.stall_after_s:g} is under {_FEWEST_MISSED} pictures at {rate:g} a "
                f"second: a working camera would be restarted for ever; raise it to {least_s:g} or more"
            )
        return self

    def parameters(self, camera: str) -> dict[str, Any]:
        """The driver's own settings as JSON values.

        Args:
            camera: The camera's name, for drivers that look something up by it.
        """
        del camera
        return self.model_dump(mode="json", exclude=set(_SUPERVISION))


class FolderCameraSettings(SupervisedCameraSettings):
    """A folder of pictures instead of a camera.

    Attributes:
        folder: Where the pictures are (`.jpg`, `.jpeg`, `.png`, `.bmp`, `.webp`, `.tif`, `.tiff`).
        order: `cycle` shows one after the other by name, for ever, as if filmed. `newest` gives the file that
            came in last, once, with the time at which it came: for a camera that puts files into a folder.
        seconds_each: How long `cycle` shows each picture.
        pictures_per_second: How often `cycle` gives the shown picture, and `newest` looks into the folder.
        delay_ms: Milliseconds between exposure and the file's appearance; taken off its time.
    """

    driver: Literal["folder"] = "folder"
    folder: Path
    order: Literal["cycle", "newest"] = "cycle"
    seconds_each: Seconds = 1.0
    pictures_per_second: Rate = 10.0
    delay_ms: Milliseconds = 0.0
    stall_after_s: Seconds | None = None


class VideoFileCameraSettings(SupervisedCameraSettings):
    """A video file played again and again at its own speed, as if it were live.

    Attributes:
        file: The video; anything that OpenCV reads.
        pictures_per_second: Speed; None takes the file's own.
    """

    driver: Literal["video_file"] = "video_file"
    file: Path
    pictures_per_second: Rate | None = None


class V4l2CameraSettings(SupervisedCameraSettings):
    """A USB camera (Video4Linux).

    Attributes:
        device: Device file; prefer the `/dev/v4l/by-id/...` link, which survives another plug order.
        width: Pixels asked of the camera.
        height: Pixels asked of the camera.
        pictures_per_second: Rate asked of the camera.
        own_jpeg: Take the camera's own JPEG (Motion-JPEG), which costs least; off, or where the camera has
            none, the picture is encoded in the camera's process.
        delay_ms: Milliseconds that the camera needs between exposure and delivery; used only where the kernel
            doesn't say when a picture was taken.
    """

    driver: Literal["v4l2"] = "v4l2"
    device: Path
    width: int = Field(default=1920, ge=16, le=16384)
    height: int = Field(default=1080, ge=16, le=16384)
    pictures_per_second: Rate = 30.0
    own_jpeg: bool = True
    delay_ms: Milliseconds = 60.0
    stall_after_s: Seconds | None = 2.0


class SimulatorCameraSettings(SupervisedCameraSettings):
    """A simulated camera that shows the scene lying in a folder (`hardware.sim.scene`).

    Attributes:
        scene: The scene's folder.
        view: Which picture of the scene; None takes the camera's name.
        pictures_per_second: Rate.
    """

    driver: Literal["simulator"] = "simulator"
    scene: Path
    view: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_-]{1,64}$")
    pictures_per_second: Rate = 30.0
    restart_cap_s: Seconds = 1.0

    def parameters(self, camera: str) -> dict[str, Any]:
        """The driver's own settings; the camera's name is its view unless the settings name another."""
        values = super().parameters(camera)
        values["view"] = self.view or camera
        return values


CameraSettings = Annotated[
    FolderCameraSettings | VideoFileCameraSettings | V4l2CameraSettings | SimulatorCameraSettings,
    Field(discriminator="driver"),
]
"""One `[cameras.NAME]` section; use in a settings model as `cameras: dict[str, CameraSettings]`."""
