r"""What the witness is told of each commit, one line of JSON each: enough to find and check it later.

>>> line = Confirmation(folder="f", run="r", number=1, message_id="m", sha256="0" * 64, pictures={}).to_line()
>>> Confirmation.from_line(line).number
1
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.lab.powertest.errors import WitnessUnusable

Name = Annotated[str, Field(min_length=1, max_length=128)]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
LONGEST_LINE = 16 * 1024  # bytes


class Confirmation(BaseModel):
    """One commit that the device has confirmed to its program.

    Attributes:
        folder: The test folder's own name, drawn when it was made.
        run: One start of the writer; each pulled plug ends one.
        number: Counts the run's commits from 1.
        message_id: The event in the outbox.
        sha256: Digest of its bytes.
        pictures: Digest of each picture by its path below `pictures`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    folder: Name
    run: Name
    number: Annotated[int, Field(ge=1)]
    message_id: Name
    sha256: Digest
    pictures: Annotated[dict[Name, Digest], Field(max_length=16)]

    def to_line(self) -> bytes:
        """As it travels and as it is kept."""
        return self.model_dump_json().encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> "Confirmation":
        """Read a line.

        Raises:
            WitnessUnusable: It is none.
        """
        try:
            return cls.model_validate_json(line)
        except ValidationError as error:
            raise WitnessUnusable(f"{line[:60]!r} is no confirmation") from error


def read_lines(content: bytes) -> list[Confirmation]:
    """Every whole line of a witness's file; a torn last one was never answered.

    Raises:
        WitnessUnusable: A line is damaged.
    """
    return [Confirmation.from_line(line) for line in content.split(b"\n")[:-1]]
