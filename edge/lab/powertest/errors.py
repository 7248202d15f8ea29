"""What keeps a power test from being made.

LabError
└── PowertestError
    ├── WitnessUnreachable   the second machine does not answer, or was lost
    ├── WitnessRefused       it does not take this test
    ├── WitnessUnusable      what it wrote down can't be read
    └── FolderUnusable       the data folder is not one for power tests
"""

from edge.lab.errors import LabError


class PowertestError(LabError):
    """Base of the power test's errors; nothing was judged."""

    code = "lab.powertest"


class WitnessUnreachable(PowertestError):
    """The second machine does not answer, or was lost."""

    code = "lab.powertest.witness_unreachable"

    def __init__(self, where: str, why: str) -> None:
        super().__init__(
            f"The witness at {where} does not answer ({why}). "
            "Start `darkstore powertest witness` there, and see that the network lets it through."
        )


class WitnessRefused(PowertestError):
    """It does not take this test."""

    code = "lab.powertest.witness_refused"

    def __init__(self, why: str) -> None:
        super().__init__(f"The witness refused: {why}")


class WitnessUnusable(PowertestError):
    """What it wrote down can't be read."""

    code = "lab.powertest.witness_unusable"

    def __init__(self, what: str) -> None:
        super().__init__(f"What the witness wrote down can't be used: {what}")


class FolderUnusable(PowertestError):
    """The data folder is not one for power tests."""

    code = "lab.powertest.folder_unusable"

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} Use a new folder on the disk that is to be tested.")
