"""What can go wrong with a model package.

ModelError
├── PackageRefused          the package must not be used
│   ├── ManifestRefused     manifest.json is missing, not JSON, or says something impossible
│   ├── DigestMismatch      model.onnx is not the file that the manifest names
│   ├── ModelFileRefused    model.onnx is missing, too large, or keeps weights outside itself
│   ├── ModelShapeMismatch  the model takes or gives something other than the manifest says
│   ├── SignatureMissing    nobody has signed it
│   ├── SignatureWrong      what was signed was changed afterwards
│   ├── SignerUnknown       signed, but by nobody whom this station trusts
│   ├── ParityPicturesMissing  it brings no reference pictures, or others than it names
│   ├── ParityFailed        this device gets other numbers than its builder
│   └── OlderThanActive     a newer version was active here before
├── KeyUnusable             a key file can't be read or written
├── PackageUnknown          no package of that name and version here
├── PackageExists           a different package of that name and version is installed already
├── EvaluationRefused       this folder can't be measured on, or not with this task
├── NothingToRollBackTo     no earlier package was active
└── RegistryDamaged         the note of which package is active can't be read or written
"""

from typing import ClassVar


class ModelError(Exception):
    """A model package can't be used; the message says what a person can do about it."""

    code: ClassVar[str] = "model.error"


class PackageRefused(ModelError):
    """The package is refused; the one that was active stays active."""

    code: ClassVar[str] = "model.refused"


class ManifestRefused(PackageRefused):
    """The manifest is missing, isn't JSON, or says something impossible."""

    code: ClassVar[str] = "model.manifest_refused"


class DigestMismatch(PackageRefused):
    """The weights on disk are not those that the manifest names: damaged, or exchanged."""

    code: ClassVar[str] = "model.digest_mismatch"


class ModelFileRefused(PackageRefused):
    """The ONNX file is missing, larger than allowed, not ONNX, or refers to files outside itself."""

    code: ClassVar[str] = "model.file_refused"


class ModelShapeMismatch(PackageRefused):
    """The model's inputs, outputs or number of classes are not those that the manifest states."""

    code: ClassVar[str] = "model.shape_mismatch"


class PackageUnknown(ModelError):
    """No package of that name and version is installed or shipped."""

    code: ClassVar[str] = "model.unknown"


class PackageExists(ModelError):
    """Another package with the same name and version is installed; versions are never overwritten."""

    code: ClassVar[str] = "model.exists"


class NothingToRollBackTo(ModelError):
    """No earlier package was active on this station."""

    code: ClassVar[str] = "model.nothing_to_roll_back_to"


class RegistryDamaged(ModelError):
    """The note that says which package is active can't be read or written."""

    code: ClassVar[str] = "model.registry_damaged"


class SignatureMissing(PackageRefused):
    """The package has no signature that can be read."""

    code: ClassVar[str] = "model.signature_missing"


class SignatureWrong(PackageRefused):
    """The manifest is not the one that was signed."""

    code: ClassVar[str] = "model.signature_wrong"


class SignerUnknown(PackageRefused):
    """The package is signed with a key that this station does not trust."""

    code: ClassVar[str] = "model.signer_unknown"


class ParityPicturesMissing(PackageRefused):
    """The package brings no reference pictures, or other ones than its manifest names."""

    code: ClassVar[str] = "model.parity_missing"


class ParityFailed(PackageRefused):
    """The network gives other numbers on this device than on its builder's machine."""

    code: ClassVar[str] = "model.parity_failed"


class OlderThanActive(PackageRefused):
    """A newer version of the package was active on this station; going back is a command of its own."""

    code: ClassVar[str] = "model.older"


class KeyUnusable(ModelError):
    """A key file can't be read or written, or holds something else."""

    code: ClassVar[str] = "model.key_unusable"


class EvaluationRefused(ModelError):
    """The folder has no pictures in a layout that the task understands, or too few of them."""

    code: ClassVar[str] = "model.evaluation_refused"
