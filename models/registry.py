"""The model packages of one station: shipped ones, installed ones, and which one is active.

    <shipped>/damage-1.0.0/          comes with the program, never written
    <installed>/damage-1.1.0/        installed here
    <installed>/active.json          which one is active, and which was before

A package is fully checked before it becomes active: who signed it, its digest, its shapes, and its numbers on
this device. One that is older than any that was active is refused; going back to the one before is a command
of its own.
"""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from models.active_note import ActiveNote, read_note, write_note
from models.errors import (
    ManifestRefused,
    ModelError,
    NothingToRollBackTo,
    OlderThanActive,
    PackageExists,
    PackageUnknown,
    RegistryDamaged,
)
from models.loading import ModelPackage, load_detector, open_package
from models.manifest import version_key
from models.package_files import copy_package, flush, open_named, package_folders
from models.parity import check_parity
from models.settings import ModelSettings
from models.signing import read_public_keys, verify_signature

SHIPPED_PACKAGES = Path(__file__).parent / "packages"


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
        note = read_note(self._installed)
        return self.get(note.active) if note else self._newest_shipped()

    def verify(self, package: ModelPackage) -> None:
        """Check a package fully: who signed it, digest, no outside data, shapes, and the parity gate.

        Raises:
            PackageRefused: Saying what is wrong.
            KeyUnusable: If a key that the settings trust can't be read.
        """
        self.verify_signature(package)
        detector = load_detector(package)
        check_parity(package.folder, package.manifest.parity_sha256, detector)

    def verify_signature(self, package: ModelPackage) -> None:
        """Check that a trusted key vouches for a package; one that comes with the program needs none.

        Raises:
            PackageRefused: If none does.
            KeyUnusable: If a key that the settings trust can't be read.
        """
        if package.folder.parent != self._shipped:
            verify_signature(package.folder, read_public_keys(self._settings.trusted_keys))

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
            OlderThanActive: If a newer version of it was active here before.
            RegistryDamaged: If the choice can't be written.
        """
        package = self.get(package_id)
        note = read_note(self._installed)
        newest = self._newest_ever(note)
        self._refuse_older(package, newest)
        self.verify(package)
        before = self._active_or_none()
        if before == package_id and note:
            return package
        history = note.previous if note else ()
        if before and before != package_id:
            history = (*history, before)[-10:]
        newest[package.manifest.name] = package.manifest.version
        write_note(self._installed, ActiveNote(active=package_id, previous=history, newest=newest))
        return package

    def rollback(self) -> ModelPackage:
        """Go back to the package that was active before.

        Raises:
            NothingToRollBackTo: If none was.
            PackageUnknown: If it is gone.
            PackageRefused: If it fails a check.
            RegistryDamaged: If the choice can't be read or written.
        """
        note = read_note(self._installed)
        if note is None or not note.previous:
            raise NothingToRollBackTo("No other model package was active on this station before.")
        package = self.get(note.previous[-1])
        self.verify(package)
        write_note(
            self._installed,
            ActiveNote(
                active=package.package_id, previous=note.previous[:-1], newest=self._newest_ever(note)
            ),
        )
        return package

    def _newest_ever(self, note: ActiveNote | None) -> dict[str, str]:
        """By package name the highest version that was ever active here, the one in use included."""
        newest = dict(note.newest) if note else {}
        try:
            manifest = self.active().manifest
        except ModelError:
            return newest
        known = newest.get(manifest.name)
        if known is None or manifest.version_key() > version_key(known):
            newest[manifest.name] = manifest.version
        return newest

    def _refuse_older(self, package: ModelPackage, newest: Mapping[str, str]) -> None:
        known = newest.get(package.manifest.name)
        if known is not None and package.manifest.version_key() < version_key(known):
            raise OlderThanActive(
                f"{package.package_id} is older than version {known}, which was active here before. To go "
                "back to the package before it, use `darkstore model rollback`; to go on with old weights, "
                "build them as a new version."
            )

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
                copy_package(offered, copy)
                self.verify(open_named(copy))  # what was copied, not what was offered
                copy.rename(target)
            flush(self._installed)
        except OSError as error:
            raise RegistryDamaged(
                f"The model package can't be stored in {self._installed} ({error.strerror}): free some space "
                "or correct the folder's rights, then install it again."
            ) from error
        return open_named(target)
