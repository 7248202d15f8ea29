"""After the power is back: what the device kept of all that it had confirmed."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from edge.lab.powertest.confirmations import Confirmation
from edge.lab.powertest.errors import FolderUnusable
from edge.lab.powertest.folder import TestFolder
from sync.database import Database
from sync.errors import DatabaseDamaged


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was kept.

    Attributes:
        runs: Starts of the writer; each but perhaps the last ended with a pulled plug.
        confirmed: Commits that the witness heard of.
        kept: Of them, those that are there whole.
        missing: Message ids whose event is gone.
        changed: Message ids whose event has other bytes.
        pictures_missing: Paths of pictures that are gone.
        pictures_damaged: Paths of pictures with other bytes.
        unwitnessed: Commits on the device that the witness never heard of: cut off before they were told.
        damage: What the database's integrity check found; None if it passed.
    """

    runs: int
    confirmed: int
    kept: int
    missing: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    pictures_missing: tuple[str, ...] = ()
    pictures_damaged: tuple[str, ...] = ()
    unwitnessed: int = 0
    damage: str | None = None

    @property
    def good(self) -> bool:
        """Whether the device kept everything that it had confirmed; nothing witnessed proves nothing."""
        return self.confirmed > 0 and self.kept == self.confirmed and self.damage is None


def verify(folder: TestFolder, heard: Iterable[Confirmation]) -> Verdict:
    """Compare the device with what its witness heard.

    Args:
        folder: On the device.
        heard: Everything that the witness wrote down.

    Raises:
        FolderUnusable: The witness heard of another folder.
        StationLocked: A writer is at work.
    """
    confirmations = list(heard)
    found, damage = _kept_events(folder, confirmations)
    kept = 0
    missing, changed, gone, damaged = [], [], [], []
    for one in confirmations:
        whole = found.get(one.message_id) == one.sha256
        if one.message_id not in found:
            missing.append(one.message_id)
        elif not whole:
            changed.append(one.message_id)
        for path, digest in one.pictures.items():
            file = folder.pictures / path
            if not file.is_file():
                gone.append(path)
                whole = False
            elif hashlib.sha256(file.read_bytes()).hexdigest() != digest:
                damaged.append(path)
                whole = False
        kept += whole
    return Verdict(
        runs=len({one.run for one in confirmations}),
        confirmed=len(confirmations),
        kept=kept,
        missing=tuple(missing),
        changed=tuple(changed),
        pictures_missing=tuple(gone),
        pictures_damaged=tuple(damaged),
        unwitnessed=len(found.keys() - {one.message_id for one in confirmations}),
        damage=damage,
    )


def _kept_events(folder: TestFolder, confirmations: list[Confirmation]) -> tuple[dict[str, str], str | None]:
    """Digest of each event by its id, and what is wrong with the database; a lost one holds nothing."""
    try:
        name = folder.name()
    except FolderUnusable as error:
        if not confirmations:
            raise
        return {}, str(error)  # the test's own marker is gone: so is the rest
    if confirmations and confirmations[0].folder != name:
        raise FolderUnusable(f"The witness heard of another folder than {folder.path}.")
    try:
        with folder.database() as database:
            return _digests(database), None
    except DatabaseDamaged as error:
        return {}, str(error)


def _digests(database: Database) -> dict[str, str]:
    rows = database.sql(
        "SELECT o.message_id, p.envelope FROM outbox o JOIN outbox_payloads p ON p.position = o.position"
    )
    return {message_id: hashlib.sha256(envelope).hexdigest() for message_id, envelope in rows}
