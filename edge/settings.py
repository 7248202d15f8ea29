"""`station.toml`: everything that a site sets about one station, one section a part.

Each section's keys are described beside the code that it configures. Unknown keys are refused with the
nearest known one, because a misspelt key that is silently ignored is found out in the worst moment.

    [station]            this file         [cameras.NAME]   hardware/cameras/settings.py
    [patterns]           edge/returns      [scanners.NAME]  hardware/scanners/settings.py
    [policies]           edge/grading      [vision]         vision/settings.py
    [outbox] [broker]    sync/settings.py  [model]          models/settings.py
    [storage] [staff] [second_looks]    this file
"""

import difflib
import ipaddress
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import ErrorDetails

from edge.errors import SettingsInvalid
from edge.grading.policy_loading import PolicySettings
from edge.returns.patterns import SitePatterns
from hardware.cameras.settings import CameraSettings
from hardware.scanners.settings import ScannerSettings
from models.settings import ModelSettings
from sync.settings import BrokerSettings, OutboxSettings
from sync.topics import NAME
from vision.settings import VisionSettings

TopicName = Annotated[str, Field(pattern=f"^{NAME.pattern}$")]
DeviceName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,32}$")]


class StationSection(BaseModel):
    """`[station]`: which desk this is, and where it keeps its data.

    Attributes:
        site: The dark store's code, as the OMS writes it.
        station: This desk's code within the site.
        data_dir: Database, pictures, drafts; one station a folder.
        language: What the page speaks before somebody chooses: `en`, `hi` or `ta`.
        host: Address of the page; loopback unless somebody decides otherwise.
        port: Its port.
        allowed_hosts: Other host names by which the page may be called.
        utc_offset_minutes: The site's offset from UTC: dates on packs are local days (India: 330).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    site: TopicName
    station: TopicName
    data_dir: Path = Path("data")
    language: Literal["en", "hi", "ta"] = "en"
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65_535)] = 8321
    allowed_hosts: tuple[str, ...] = ()
    utc_offset_minutes: Annotated[int, Field(ge=-720, le=840)] = 330

    @field_validator("site")
    @classmethod
    def _site_is_not_oms(cls, site: str) -> str:
        if site == "oms":
            raise ValueError("'oms' can't be a site: its topics are the OMS's own")
        return site

    @field_validator("host")
    @classmethod
    def _host_is_an_address(cls, host: str) -> str:
        if host != "localhost":
            ipaddress.ip_address(host)
        return host


class StorageSection(BaseModel):
    """`[storage]`: what happens when the disk runs short; an event is never shed.

    Attributes:
        reserve_mb: Space kept free; below it pictures that the OMS has confirmed are removed.
        stop_mb: Below it the station says clearly that it stops, while it can still say so.
        picture_days: How long pictures of confirmed inspections are kept.
        queue_mb: Space that only the outbox may use, taken beforehand: other programs can't fill it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    reserve_mb: Annotated[int, Field(ge=0, le=1_000_000)] = 512
    stop_mb: Annotated[int, Field(ge=0, le=1_000_000)] = 64
    picture_days: Annotated[int, Field(ge=1, le=3650)] = 90
    queue_mb: Annotated[int, Field(ge=0, le=100_000)] = 32


class StaffSection(BaseModel):
    """`[staff]`: whose badges may do more; badges are codes, never names."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    supervisors: tuple[str, ...] = ()


class SecondLooksSection(BaseModel):
    """`[second_looks]`: units that a person grades without knowing what the model said.

    Attributes:
        share: Of the units judged by pictures; offered after their bag is closed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    share: Annotated[float, Field(ge=0, le=1)] = 0.0


class Settings(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    station: StationSection
    patterns: SitePatterns = SitePatterns()
    policies: PolicySettings = PolicySettings()
    outbox: OutboxSettings = OutboxSettings()
    broker: BrokerSettings = BrokerSettings()
    cameras: dict[DeviceName, CameraSettings] = Field(default_factory=dict)
    scanners: dict[DeviceName, ScannerSettings] = Field(default_factory=dict)
    vision: VisionSettings = VisionSettings()
    model: ModelSettings = ModelSettings()
    storage: StorageSection = StorageSection()
    staff: StaffSection = StaffSection()
    second_looks: SecondLooksSection = SecondLooksSection()


def load_settings(path: Path) -> Settings:
    """Read a settings file; relative paths in it are taken from the file's own folder.

    Raises:
        SettingsInvalid: It can't be read, is no TOML, or says something impossible; every problem is listed.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise SettingsInvalid(f"{path} can't be read ({reason}); name the file with --config") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SettingsInvalid(f"{path} is not TOML: {error}") from error
    try:
        settings = Settings.model_validate(content)
    except ValidationError as error:
        problems = "\n".join(f"  {_problem(detail)}" for detail in error.errors())
        raise SettingsInvalid(
            f"{path} can't be used:\n{problems}\nCorrect the file; nothing was started."
        ) from error
    return _anchored(settings, path.resolve().parent)


def _anchored(settings: Settings, folder: Path) -> Settings:
    """Relative paths seen from the settings file, not from wherever the command was started."""
    return _anchor(settings, folder)  # type: ignore[no-any-return]


def _anchor(value: Any, folder: Path) -> Any:
    if isinstance(value, Path):
        return value if value.is_absolute() else folder / value
    if isinstance(value, BaseModel):
        changes = {name: _anchor(getattr(value, name), folder) for name in type(value).model_fields}
        return value.model_copy(update=changes)
    if isinstance(value, dict):
        return {key: _anchor(each, folder) for key, each in value.items()}
    if isinstance(value, tuple):
        return tuple(_anchor(each, folder) for each in value)
    return value


def _problem(detail: ErrorDetails) -> str:
    where = ".".join(str(part) for part in detail["loc"])
    if detail["type"] != "extra_forbidden":
        given = "" if isinstance(detail["input"], dict) else f" (given: {str(detail['input'])[:60]!r})"
        return f"{where}: {detail['msg']}{given}"
    known = _keys_at(detail["loc"][:-1])
    near = difflib.get_close_matches(str(detail["loc"][-1]), known, n=1)
    hint = (
        f"; did you mean {near[0]!r}?" if near else f"; known are {', '.join(sorted(known))}" if known else ""
    )
    return f"{where}: there is no such key{hint}"


def _keys_at(location: tuple[int | str, ...]) -> list[str]:
    model: Any = Settings
    for part in location:
        field = (
            model.model_fields.get(str(part))
            if isinstance(model, type) and issubclass(model, BaseModel)
            else None
        )
        if field is None:
            return []
        model = field.annotation
    return list(model.model_fields) if isinstance(model, type) and issubclass(model, BaseModel) else []
