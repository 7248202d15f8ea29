"""`python -m edge.lab.powercut.traced PARENT TRACE WEAKENED ARGS…` is `darkstore ARGS…` recorded by strace.

Becomes strace itself, so that the driver's death ends it, and strace's death ends the station
(`edge/lab/powercut/weakened.py` starts it).
"""

import os
import sys

from edge.lab.powercut.trace_reading import TRACED_CALLS
from hardware.cameras.parent_death import die_with_parent

LONGEST_TEXT = 32 * 1024 * 1024  # bytes of one call that strace writes out


def main() -> None:
    """Ask the kernel to end us with the driver, then become strace."""
    parent, trace, weakened, *arguments = sys.argv[1:]
    die_with_parent(int(parent))
    command = ["strace", "-f", "--seccomp-bpf", "-y", "-xx", "-s", str(LONGEST_TEXT), "-o", trace]
    command += ["-e", f"trace={TRACED_CALLS}", "-e", "signal=none", "--"]
    command += [sys.executable, "-P", "-m", "edge.lab.powercut.weakened", str(os.getpid()), weakened]
    os.execvp("strace", [*command, *arguments])  # noqa: S606, S607 - found where the system keeps it


if __name__ == "__main__":
    main()
