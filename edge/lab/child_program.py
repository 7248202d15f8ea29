"""`python -m edge.lab.child_program PARENT PROGRAM ARGS…` becomes another program that dies with the driver.

The same as `edge/lab/child.py`, for programs that are not ours: the kernel's promise to end a child with its
parent holds on when the child turns into another program.
"""

import os
import sys

from hardware.cameras.parent_death import die_with_parent


def main() -> None:
    """Ask the kernel first, then become the program."""
    die_with_parent(int(sys.argv[1]))
    os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606 - no shell, and the lab names the program


if __name__ == "__main__":
    main()
