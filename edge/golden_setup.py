"""Golden pictures of a station, from its settings: where they lie, and what compares with them."""

from edge.inspection.comparing import GoldenComparer
from edge.inspection.golden_kept import KeptGolden
from edge.inspection.golden_pictures import GoldenStore
from edge.inspection.golden_sets import GoldenSets
from edge.settings import Settings


def golden_comparer(settings: Settings) -> GoldenComparer:
    """Compares with the golden pictures below the data folder; close it."""
    data = settings.station.data_dir
    store, kept = GoldenStore(data / "golden"), KeptGolden(data / "golden-kept")
    return GoldenComparer(GoldenSets(store, kept, settings.vision))
