"""Golden pictures of a station, from its settings: what compares with them, and what teaches them."""

from edge.clock import Clock
from edge.inspection.assembly import AssembledDesk, identifier
from edge.inspection.comparing import GoldenComparer
from edge.inspection.golden_kept import KeptGolden
from edge.inspection.golden_pictures import GOLDEN_FOLDER, GoldenStore
from edge.inspection.golden_sets import GoldenSets
from edge.inspection.judging import Cameras
from edge.inspection.taught import GoldenReview
from edge.inspection.teaching import GoldenTeaching
from edge.settings import Settings
from sync.database import Database


def golden_comparer(settings: Settings) -> GoldenComparer:
    """Compares with the golden pictures below the data folder."""
    data = settings.station.data_dir
    store, kept = GoldenStore(data / GOLDEN_FOLDER), KeptGolden(data / "golden-kept")
    return GoldenComparer(GoldenSets(store, kept, settings.vision))


def golden_teaching(
    settings: Settings,
    comparer: GoldenComparer,
    desk: AssembledDesk,
    cameras: Cameras,
    database: Database,
    clock: Clock,
) -> GoldenTeaching:
    """Teaches them, with the cameras of the station."""
    return GoldenTeaching(
        comparer.sets.store,
        GoldenReview(comparer.sets),
        cameras,
        desk.judge,
        desk.references,
        desk.copy,
        desk.state,
        desk.staff,
        desk.storage,
        database,
        clock,
        identify=identifier(settings, clock),
        views=tuple(settings.cameras),
        settings=settings.vision,
    )
