"""The device's line to its witness."""

import json
import socket
from types import TracebackType
from typing import Any, Self

from edge.lab.powertest.confirmations import LONGEST_LINE, Confirmation, read_lines
from edge.lab.powertest.errors import WitnessRefused, WitnessUnreachable
from edge.lab.powertest.witness import OK, proof_of

ANSWER_TIMEOUT_S = 20.0


class WitnessLine:
    """An open line.

    Args:
        address: Host and port of the witness.
        secret: Shared with it; empty for none.
        want: `write` or `read`.

    Raises:
        WitnessUnreachable: It does not answer.
        WitnessRefused: It does not let us in.
    """

    def __init__(self, address: tuple[str, int], secret: bytes, want: str = "write") -> None:
        self._where = f"{address[0]}:{address[1]}"
        try:
            self._socket = socket.create_connection(address, ANSWER_TIMEOUT_S)
        except OSError as error:
            raise WitnessUnreachable(self._where, str(error)) from error
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._answers = self._socket.makefile("rb")
        try:
            self._greet(secret, want)
        except BaseException:
            self.close()
            raise

    def tell(self, confirmation: Confirmation) -> None:
        """Tell of a commit that was confirmed; when this returns, the witness has it on its disk.

        Raises:
            WitnessUnreachable: The line is gone.
            WitnessRefused: It does not take it.
        """
        self._send(confirmation.to_line())
        self._expect_ok()

    def read_all(self) -> list[Confirmation]:
        """Everything that the witness wrote down; on a line opened with `read`.

        Raises:
            WitnessUnreachable, WitnessRefused, WitnessUnusable: It can't be had.
        """
        size = int(self._object(self._answer()).get("bytes", 0))
        try:
            content = self._answers.read(size)
        except OSError as error:
            raise WitnessUnreachable(self._where, str(error)) from error
        if len(content) != size:
            raise WitnessUnreachable(self._where, "the line broke off")
        return read_lines(content)

    def close(self) -> None:
        """Hang up."""
        self._answers.close()
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _greet(self, secret: bytes, want: str) -> None:
        challenge = str(self._object(self._answer()).get("challenge", ""))
        hello = {"want": want, "proof": proof_of(secret, challenge)}
        self._send(json.dumps(hello).encode() + b"\n")
        if want == "write":
            self._expect_ok()

    def _send(self, line: bytes) -> None:
        try:
            self._socket.sendall(line)
        except OSError as error:
            raise WitnessUnreachable(self._where, str(error)) from error

    def _answer(self) -> bytes:
        try:
            line = self._answers.readline(LONGEST_LINE)
        except OSError as error:
            raise WitnessUnreachable(self._where, str(error)) from error
        if not line.endswith(b"\n"):
            raise WitnessUnreachable(self._where, "the line broke off")
        return line

    def _expect_ok(self) -> None:
        line = self._answer()
        if line != OK:
            raise WitnessRefused(str(self._object(line).get("refused", "no reason given")))

    def _object(self, line: bytes) -> dict[str, Any]:
        try:
            found = json.loads(line)
        except ValueError as error:
            raise WitnessUnreachable(self._where, "what answers there is no witness") from error
        if not isinstance(found, dict):
            raise WitnessUnreachable(self._where, "what answers there is no witness")
        if "refused" in found:
            raise WitnessRefused(str(found["refused"]))
        return found
