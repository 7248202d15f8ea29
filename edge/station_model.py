"""Which damage model the station judges with: the active package, checked and loaded, or why none."""

import logging

from edge.inspection.saved import ModelUsed
from edge.settings import Settings
from models.errors import ModelError
from models.loading import ModelPackage, load_detector
from models.registry import ModelRegistry
from vision.detector import OnnxDetector

logger = logging.getLogger(__name__)


def load_model(settings: Settings) -> tuple[ModelUsed | None, OnnxDetector | None, ModelError | None]:
    """The active model package, checked and loaded; else why not, where the settings allow working without.

    Raises:
        ModelError: The package is refused, and the settings require one.
    """
    registry = _registry(settings)
    try:
        return *_load(registry, registry.active(), settings), None
    except ModelError as error:
        if settings.model.required:
            raise
        logger.warning("no model package can be used, a person judges each item: %s", error)
        return None, None, error


def load_named(settings: Settings, package_id: str) -> tuple[ModelUsed, OnnxDetector]:
    """A package of this station that need not be active, for judging stored returns with it.

    Raises:
        ModelError: It is not here, or is refused.
    """
    registry = _registry(settings)
    return _load(registry, registry.get(package_id), settings)


def _registry(settings: Settings) -> ModelRegistry:
    return ModelRegistry(settings.model, settings.station.data_dir / "models")


def _load(
    registry: ModelRegistry, package: ModelPackage, settings: Settings
) -> tuple[ModelUsed, OnnxDetector]:
    registry.verify_signature(package)
    detector = load_detector(package, settings.vision.detector)
    manifest = package.manifest
    return ModelUsed(name=manifest.name, version=manifest.version, sha256=manifest.sha256), detector
