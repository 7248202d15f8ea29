"""`python -m edge.lab.powercut.weakened PARENT KIND ARGS…`: `darkstore ARGS…` without one of its safeguards.

The product has no switch for this. A check that never fails proves nothing, so the lab takes a safeguard out
of a station of its own and shows that the enumeration finds the loss. KIND `none` takes nothing away.

    synchronous   commits are left to the system's leisure: `synchronous=NORMAL` in place of FULL
    directory     a new picture's bytes are forced to the disk, its name in the folder is not
"""

import sys
from enum import StrEnum
from pathlib import Path

from hardware.cameras.parent_death import die_with_parent


class Weakening(StrEnum):
    """Which safeguard is taken away."""

    NONE = "none"
    SYNCHRONOUS = "synchronous"
    DIRECTORY = "directory"


def weaken(kind: Weakening) -> None:
    """Take the safeguard away in this process."""
    if kind is Weakening.SYNCHRONOUS:
        from sync import database

        pragmas = [(name, "normal" if name == "synchronous" else value) for name, value in database.PRAGMAS]
        vars(database)["PRAGMAS"] = tuple(pragmas)
    elif kind is Weakening.DIRECTORY:
        from edge.inspection import evidence

        def leave_out(folder: Path) -> None:
            del folder

        vars(evidence)["sync_folder"] = leave_out


def main() -> None:
    """Weaken, then be `darkstore`."""
    parent, kind = int(sys.argv.pop(1)), Weakening(sys.argv.pop(1))
    die_with_parent(parent)
    weaken(kind)

    from edge.cli import main as darkstore

    darkstore()


if __name__ == "__main__":
    main()
