"""The model packages of one station: shipped ones, installed ones, and which one is active.

    <shipped>/damage-1.0.0/          comes with the program, never written
    <installed>/damage-1.1.0/        installed here
    <installed>/active.json          which one is active, and which was before

`active.json` is replaced in one step (written beside, flushed, renamed), so that a power cut leaves the old
choice or the new one. A package is fully checked, loaded and run once before it becomes active.
"""

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from models.errors import (
    ManifestRefused,
    ModelError,
    NothingToRollBackTo,
    PackageExists,
    PackageUnknown,
    RegistryDamaged,
)
from models.loading import ModelPackage, load_detector, open_package
from models.package_files import copy_package, flush, open_named, package_folders
from models.settings import ModelSettings

SHIPPED_PACKAGES = Path(__file__).parent / "packages"
_ACTIVE_FILE = "active.json"


class _Active(BaseModel):
    """Contents of `active.json`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    active: str
    previous: tuple[str, ...] = ()  # latest last


@dataclass(frozen=True, slots=True)
class Listed:
    """One folder that may be a package, as `darkstore model list` shows it.

    Attributes:
        folder: Where it lies.
        package: None where its manifest was refused.
        problem: Why it was refused.
        active: Whether the station judges with it.
        shipped: Whether it came with the program.
    """

    folder: Path
    package: ModelPackage | None
    problem: str | None
    active: bool
    shipped: bool


class ModelRegistry:
    """Finds, installs and switches model packages."""

    def __init__(self, settings: ModelSettings, installed: Path, shipped: Path = SHIPPED_PACKAGES) -> None:
        """Take the folder of installed packages (made when first needed) and that of the shipped ones."""
        self._settings = settings
        self._installed = installed
        self._shipped = shipped

    def packages(self) -> tuple[Listed, ...]:
        """Every package here, shipped ones first, refused ones with the reason."""
        try:
            active = self.active().package_id
        except ModelError:
            active = None
        rows = []
        for parent in (self._shipped, self._installed):
            for folder in package_folders(parent):
                package, problem = None, None
                try:
                    package = open_named(folder)
                except ManifestRefused as error:
                    problem = str(error)
                is_active = package is not None and package.package_id == active
                rows.append(Listed(folder, package, problem, is_active, parent == self._shipped))
        return tuple(rows)

    def get(self, package_id: str) -> ModelPackage:
        """The package of that name and version, such as `damage-1.0.0`.

        Raises:
            PackageUnknown: If there is none.
            ManifestRefused: If its manifest breaks a rule.
        """
        for parent in (self._installed, self._shipped):
            for folder in package_folders(parent):
                if folder.name == package_id:
                    return open_named(folder)
        known = ", ".join(folder.name for folder in self._folders()) or "none"
        raise PackageUnknown(f"There is no model package {package_id!r} here. Present: {known}.")

    def active(self) -> ModelPackage:
        """The package that the station judges with: the activated one, else the newest shipped one.

        Raises:
            PackageUnknown: If there is none, or the activated one is gone.
            ManifestRefused: If its manifest breaks a rule.
            RegistryDamaged: If the note of the active package can't be read.
        """
        note = self._read_note()
        return self.get(note.active) if note else self._newest_shipped()

    def verify(self, package: ModelPackage) -> None:
        """Check a package fully: digest, no outside data, shapes, and one run.

        Raises:
            PackageRefused: Saying what is wrong.
        """
        load_detector(package)

    def install(self, source: Path) -> ModelPackage:
        """Copy a package's folder into the station, checked before it becomes visible. Doesn't activate it.

        Raises:
            PackageRefused: If it fails a check.
            PackageExists: If other weights of this name and version are here already.
            RegistryDamaged: If the station's folder can't be written.
        """
        offered = open_package(source)
        self.verify(offered)
        for folder in self._folders():
            if folder.name == offered.package_id:
                present = open_named(folder)
                if present.manifest == offered.manifest:
                    return present
                raise PackageExists(
                    f"Another model package {offered.package_id} is here already, with other contents. A "
                    "version is never overwritten: give the new weights a new version."
                )
        return self._copy_in(offered)

    def activate(self, package_id: str) -> ModelPackage:
        """Make a package the one that the station judges with, after checking it fully.

        A running station goes on with the package that it loaded, until it is started again.

        Raises:
            PackageUnknown: If it isn't here.
            PackageRefused: If it fails a check; the active one stays active.
            RegistryDamaged: If the choice can't be written.
        """
        package = self.get(package_id)
        self.verify(package)
        before = self._active_or_none()
        if before == package_id and self._read_note():
            return package
        note = self._read_note()
        history = note.previous if note else ()
        if before and before != package_id:
            history = (*history, before)[-10:]
        self._write_note(_Active(active=package_id, previous=history))
        return package

    def rollback(self) -> ModelPackage:
        """Go back to the package that was active before.

        Raises:
            NothingToRollBackTo: If none was.
            PackageUnknown: If it is gone.
            PackageRefused: If it fails a check.
            RegistryDamaged: If the choice can't be read or written.
        """
        note = self._read_note()
        if note is None or not note.previous:
            raise NothingToRollBackTo("No other model package was active on this station before.")
        package = self.get(note.previous[-1])
        self.verify(package)
        self._write_note(_Active(active=package.package_id, previous=note.previous[:-1]))
        return package

    def _active_or_none(self) -> str | None:
        try:
            return self.active().package_id
        except ModelError:
            return None

    def _newest_shipped(self) -> ModelPackage:
        candidates = []
        for folder in package_folders(self._shipped):
            package = open_named(folder)
            if package.manifest.name == self._settings.name:
                candidates.append(package)
        if not candidates:
            raise PackageUnknown(
                f"No model package {self._settings.name!r} is shipped or activated: install one with "
                "`darkstore model install FOLDER`."
            )
        return max(candidates, key=lambda package: package.manifest.version_key())

    def _folders(self) -> list[Path]:
        return [*package_folders(self._shipped), *package_folders(self._installed)]

    def _copy_in(self, offered: ModelPackage) -> ModelPackage:
        target = self._installed / offered.package_id
        try:
            self._installed.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=".installing-", dir=self._installed) as scratch:
                copy = Path(scratch) / offered.package_id
                copy_package(offered.folder, copy)
                self.verify(open_named(copy))  # what was copied, not what was offered
                copy.rename(target)
            flush(self._installed)
        except OSError as error:
            raise RegistryDamaged(
                f"The model package can't be stored in {self._installed} ({error.strerror}): free some space "
                "or correct the folder's rights, then install it again."
            ) from error
        return open_named(target)

    def _read_note(self) -> _Active | None:
        path = self._installed / _ACTIVE_FILE
        try:
            return _Active.model_validate(json.loads(path.read_bytes()))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, ValidationError) as error:
            raise RegistryDamaged(
                f"{path} doesn't say which model package is active ({type(error).__name__}). Remove it to "
                "use the shipped package, or activate one with `darkstore model activate NAME-VERSION`."
            ) from error

    def _write_note(self, note: _Active) -> None:
        path = self._installed / _ACTIVE_FILE
        try:
            self._installed.mkdir(parents=True, exist_ok=True)
            draft = path.with_suffix(".new")
            with draft.open("w", encoding="utf-8") as file:
                file.write(note.model_dump_json(indent=1) + "\n")
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
            flush(self._installed)
        except OSError as error:
            raise RegistryDamaged(
                f"{path} can't be written ({error.strerror}); nothing was changed."
            ) from error
