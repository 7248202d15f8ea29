"""A camera's process must not outlive the station.

An orphan would keep the camera, and the next station would find it busy. Linux ends a process with its parent
if it asks (`PR_SET_PDEATHSIG`), whatever ended the parent, SIGKILL and power-saving included. Two traps:

- the parent may have died before the child asked: so the child looks afterwards whether its parent is still
  the one;
- "parent" is the *thread* that started the child: that thread must live as long as the child (see `bank.py`).
"""

import ctypes
import os
import signal

_PR_SET_PDEATHSIG = 1


def die_with_parent(parent_pid: int) -> None:
    """Has the kernel kill this process when its parent dies.

    Args:
        parent_pid: The process that started this one.

    Raises:
        OSError: The kernel refused.
        ProcessLookupError: The parent is dead already.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"prctl(PR_SET_PDEATHSIG): {os.strerror(number)}")
    if os.getppid() != parent_pid:
        raise ProcessLookupError(
            f"the station (process {parent_pid}) ended before its camera's process was ready"
        )
