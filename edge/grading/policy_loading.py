"""Reading policy packs from TOML, with errors that an operations manager can act on.

Every problem of a file is listed at once, by file and key, with the allowed values; a misspelt key gets the
nearest right one. A folder of the site's own packs may replace those that came with the station, pack by
pack.
"""

import json
import tomllib
from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from edge.grading.calibration import Bound
from edge.grading.errors import PolicyInvalid, PolicySetInvalid, PolicyUnreadable
from edge.grading.policy import GoldenPolicy, PolicyPack
from edge.grading.policy_problems import problem_of

OWN_PACKS = Path(__file__).parent / "policies"
"""The packs that come with the station."""

DEFAULT = "default"
"""Name of the pack for every category that no other pack serves."""

_LARGEST_FILE = 256 * 1024


class PolicySettings(BaseModel):
    """`[policies]` of the station's settings.

    Attributes:
        folder: The site's own packs; a pack replaces the one of the same name that came with the station.
        bag_closes_after_minutes: An unfinished bag is closed after so many minutes without a scan.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    folder: Path | None = None
    bag_closes_after_minutes: int = 240


class _PackFile(PolicyPack):
    """A pack as a file must state it: whole."""

    bound: Bound
    golden: GoldenPolicy


class PolicyShelf:
    """All packs of the station: for each category the one that serves it.

    Raises:
        PolicySetInvalid: There is no default pack, or a category is served twice.
    """

    def __init__(self, packs: Iterable[PolicyPack]) -> None:
        self._by_name: dict[str, PolicyPack] = {}
        self._by_category: dict[str, PolicyPack] = {}
        for pack in packs:
            self._take(pack)
        if DEFAULT not in self._by_name:
            raise PolicySetInvalid(f"There is no pack named {DEFAULT!r}, which serves all other goods.")

    def _take(self, pack: PolicyPack) -> None:
        if pack.name in self._by_name:
            raise PolicySetInvalid(f"Two packs are named {pack.name!r}.")
        self._by_name[pack.name] = pack
        for category in pack.pack.categories:
            other = self._by_category.get(category)
            if other is not None:
                raise PolicySetInvalid(
                    f"The category {category!r} is served by both {other.name!r} and {pack.name!r}."
                )
            self._by_category[category] = pack

    @property
    def packs(self) -> tuple[PolicyPack, ...]:
        """Every pack, by name."""
        return tuple(self._by_name[name] for name in sorted(self._by_name))

    def of_category(self, category: str) -> PolicyPack:
        """The pack that serves a category: its own, else the default."""
        return self._by_category.get(category, self._by_name[DEFAULT])


def load_policies(settings: PolicySettings | None = None) -> PolicyShelf:
    """Every pack of the station, the site's own before those that came with it.

    Raises:
        PolicyUnreadable: A file cannot be read or is no TOML.
        PolicyInvalid: A file has wrong keys or values.
        PolicySetInvalid: The packs do not fit together.
    """
    packs = {pack.name: pack for pack in _read_folder(OWN_PACKS)}
    if settings is not None and settings.folder is not None:
        packs |= _named_once(_read_folder(settings.folder))
    return PolicyShelf(packs.values())


def read_pack(file: Path) -> PolicyPack:
    """One pack from its file.

    Raises:
        PolicyUnreadable: The file cannot be read or is no TOML.
        PolicyInvalid: It has wrong keys or values.
    """
    try:
        if file.stat().st_size > _LARGEST_FILE:
            raise PolicyUnreadable(str(file), "it is larger than any pack can be")
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyUnreadable(str(file), str(error)) from error
    return parse_pack(text, str(file))


def parse_pack(text: str, source: str) -> PolicyPack:
    """One pack from its TOML text.

    Args:
        text: TOML.
        source: What to call it in errors: the file's name.

    Raises:
        PolicyUnreadable: It is no TOML.
        PolicyInvalid: It has wrong keys or values.
    """
    try:
        content = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise PolicyUnreadable(source, f"it is not TOML: {error}") from error
    try:
        read = _PackFile.model_validate_json(json.dumps(content, default=str), strict=True)
    except ValidationError as error:
        raise PolicyInvalid(source, tuple(problem_of(detail) for detail in error.errors())) from error
    return PolicyPack(**{name: getattr(read, name) for name in PolicyPack.model_fields})


def _read_folder(folder: Path) -> list[PolicyPack]:
    if not folder.is_dir():
        raise PolicyUnreadable(str(folder), "there is no such folder")
    return [read_pack(file) for file in sorted(folder.glob("*.toml"))]


def _named_once(packs: list[PolicyPack]) -> dict[str, PolicyPack]:
    named: dict[str, PolicyPack] = {}
    for pack in packs:
        if pack.name in named:
            raise PolicySetInvalid(f"Two packs are named {pack.name!r}.")
        named[pack.name] = pack
    return named
