"""What proves an inspection later: digests of the pictures and the versions of all that judged them."""

from typing import Annotated

from pydantic import Field, StringConstraints

from sync.contract.messages.identifiers import Code, Sha256
from sync.contract.messages.wire import WireModel

Version = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z][0-9A-Za-z_.+-]{0,63}$")]


class PictureDigest(WireModel):
    """A stored picture. Pictures travel only on request; the digest proves that a later copy is the same."""

    view: Code
    sha256: Sha256
    bytes: Annotated[int, Field(ge=1)]


class ModelVersion(WireModel):
    """The model package that looked at the pictures."""

    name: Code
    version: Version
    sha256: Sha256 | None = None


class PolicyVersion(WireModel):
    """The policy pack that graded and decided; its digest is that of its content."""

    name: Code
    sha256: Sha256


class Versions(WireModel):
    """Everything needed to judge the same evidence again to the same result."""

    software: Version
    policy: PolicyVersion | None = None
    model: ModelVersion | None = None
