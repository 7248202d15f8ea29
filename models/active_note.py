"""Which model package is active, which were before, and the newest that ever was: one small file.

`active.json` is replaced in one step (written beside, flushed, renamed), so that a power cut leaves the old
choice or the new one.
"""

import json
import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from models.errors import RegistryDamaged
from models.package_files import flush

ACTIVE_FILE = "active.json"


class ActiveNote(BaseModel):
    """Contents of `active.json`.

    Attributes:
        active: Name and version of the package that the station judges with.
        previous: Those that were active before, latest last.
        newest: By package name the highest version that was ever active; an older one is not activated again.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    active: str
    previous: tuple[str, ...] = ()
    newest: dict[str, str] = {}


def read_note(installed: Path) -> ActiveNote | None:
    """The note in the folder of installed packages; None where nothing was activated yet.

    Raises:
        RegistryDamaged: It can't be read.
    """
    path = installed / ACTIVE_FILE
    try:
        return ActiveNote.model_validate(json.loads(path.read_bytes()))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, ValidationError) as error:
        raise RegistryDamaged(
            f"{path} doesn't say which model package is active ({type(error).__name__}). Remove it to "
            "use the shipped package, or activate one with `darkstore model activate NAME-VERSION`."
        ) from error


def write_note(installed: Path, note: ActiveNote) -> None:
    """Replace the note in one step.

    Raises:
        RegistryDamaged: It can't be written; the old one stands.
    """
    path = installed / ACTIVE_FILE
    try:
        installed.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".new")
        with draft.open("w", encoding="utf-8") as file:
            file.write(note.model_dump_json(indent=1) + "\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        flush(installed)
    except OSError as error:
        raise RegistryDamaged(f"{path} can't be written ({error.strerror}); nothing was changed.") from error
