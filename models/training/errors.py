"""What can go wrong while a detector is made.

TrainingError
├── RecipeRefused       the recipe is missing, unreadable or says something impossible
├── PicturesMissing     a folder of pictures that the recipe counts on isn't there or is too small
├── ToolsMissing        torch, ultralytics or onnx isn't installed
└── PackagingFailed     the trained weights can't be turned into a package that a station takes
"""

from typing import ClassVar


class TrainingError(Exception):
    """A detector can't be made; the message says what to do next."""

    code: ClassVar[str] = "training.error"


class RecipeRefused(TrainingError):
    """The recipe is missing, unreadable or says something impossible."""

    code: ClassVar[str] = "training.recipe_refused"


class PicturesMissing(TrainingError):
    """A folder of pictures that the recipe counts on isn't there, or holds too few."""

    code: ClassVar[str] = "training.pictures_missing"


class ToolsMissing(TrainingError):
    """The extra `train` isn't installed on this machine."""

    code: ClassVar[str] = "training.tools_missing"


class PackagingFailed(TrainingError):
    """The trained weights can't be turned into a package that a station takes."""

    code: ClassVar[str] = "training.packaging_failed"
