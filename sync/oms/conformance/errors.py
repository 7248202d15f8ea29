"""What keeps the kit from judging at all; a broken rule is a result, no error.

ConformanceError (an OmsError)
├── BrokerNotReached    no connection for an acted station
├── HelpFailed          a command that was to load, sell or restart did not do it
└── RuleUnknown         there is no rule of that name
"""

from typing import ClassVar

from sync.oms.errors import OmsError


class ConformanceError(OmsError):
    """Base of all errors of the kit."""

    code: ClassVar[str] = "conformance.error"


class BrokerNotReached(ConformanceError):
    """An acted station could not connect, or was cut off."""

    code: ClassVar[str] = "broker.conformance"

    def __init__(self, client_id: str, reason: str) -> None:
        super().__init__(
            f"The station {client_id} that the kit acts has no connection to the broker: {reason}. "
            "Nothing was judged by it. Check address, credentials, and that the broker lets it read and "
            "write everything under returns/v1/ of its site."
        )


class HelpFailed(ConformanceError):
    """A command that was given to the kit failed."""

    code: ClassVar[str] = "conformance.help"

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(f"{what} failed: {reason}. Try the command by hand, and run the kit again.")


class RuleUnknown(ConformanceError):
    """A rule that was asked for doesn't exist."""

    code: ClassVar[str] = "contract.rule_unknown"

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no rule {name!r}. `darkstore conformance --list` names them all.")
