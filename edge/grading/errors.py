"""What can be wrong with policies.

GradingError
└── PolicyError
    ├── PolicyUnreadable   a pack's file cannot be read or is not TOML
    ├── PolicyInvalid      keys or values are wrong; every problem is listed
    └── PolicySetInvalid   the packs do not fit together (no default, one category twice)

Deciding never raises: every observation and every valid policy give a decision.
"""

from dataclasses import dataclass


class GradingError(Exception):
    """Base of everything that `edge.grading` raises.

    Attributes:
        code: Stable name for logs and messages.
    """

    code = "grading.error"


class PolicyError(GradingError):
    """The policies cannot be used; the station does not start with them, and goes on with those it has."""

    code = "policy.error"


@dataclass(frozen=True, slots=True)
class PolicyProblem:
    """One thing to correct in a pack.

    Attributes:
        key: Where, as an operations manager finds it: `life.restock_min_days`.
        trouble: What is wrong there, with the allowed values or the likely spelling.
    """

    key: str
    trouble: str

    def __str__(self) -> str:
        return f"{self.key}: {self.trouble}"


class PolicyUnreadable(PolicyError):
    """A pack's file cannot be read, or its text is no TOML."""

    code = "policy.unreadable"

    def __init__(self, file: str, why: str) -> None:
        super().__init__(
            f"The policy pack {file} cannot be read: {why}. No return can be graded by it. Correct the file, "
            f"or take it out of the folder to use the pack that came with the station."
        )
        self.file = file
        self.why = why


class PolicyInvalid(PolicyError):
    """Keys or values of a pack are wrong.

    Attributes:
        problems: Everything that is wrong, not only the first.
    """

    code = "policy.invalid"

    def __init__(self, file: str, problems: tuple[PolicyProblem, ...]) -> None:
        listed = "\n".join(f"  {problem}" for problem in problems)
        super().__init__(
            f"The policy pack {file} is not usable; no return can be graded by it until this is "
            f"corrected:\n{listed}"
        )
        self.file = file
        self.problems = problems


class PolicySetInvalid(PolicyError):
    """The packs do not fit together."""

    code = "policy.set_invalid"

    def __init__(self, why: str) -> None:
        super().__init__(
            f"The policy packs do not fit together: {why} Correct the [pack] sections of the files concerned."
        )
        self.why = why
