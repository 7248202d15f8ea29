"""The `[model]` section of `station.toml`: which model package the station judges with."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class ModelSettings(BaseModel):
    """Which package is used.

    Attributes:
        name: Packages of this name are looked at when none was activated by hand.
        required: Whether the station refuses to start without a usable model. Otherwise it works on, and a
            person judges each item's condition.
        trusted_keys: Files with the public keys (Ed25519, PEM) of those whose packages may be installed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(default="damage", pattern=r"^[a-z][a-z0-9_]{0,40}$")
    required: bool = False
    trusted_keys: tuple[Path, ...] = ()
