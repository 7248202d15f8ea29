"""`python -m edge.lab.child PARENT ARGS…` is `darkstore ARGS…` in a process that dies with the driver.

Nothing that the lab starts may go on by itself: also when the driver is killed, the kernel ends its children.
"""

import sys

from hardware.cameras.parent_death import die_with_parent


def main() -> None:
    """Ask the kernel first, then be `darkstore`."""
    parent = int(sys.argv.pop(1))
    die_with_parent(parent)

    from edge.cli import main as darkstore

    darkstore()


if __name__ == "__main__":
    main()
