"""What the receiver must be told before counting can be judged: a few expected returns and articles.

Each run uses ids of its own, so that what an earlier run left in the books doesn't matter. The two files have
the format of the reference receiver's (`sync/oms/loading.py`); another OMS loads them in its own way.
"""

from decimal import Decimal
from pathlib import Path

from sync.contract.messages import (
    Custody,
    ExpectedComponent,
    ExpectedLine,
    ExpectedReturn,
    Product,
    ProductComponent,
    Quantity,
    Reference,
    ReferenceKind,
    ReturnType,
)
from sync.oms.conformance.events import Bag
from sync.oms.loading import ExpectedFile, ReferenceFile

EXPECTED_FILE = "conformance-expected.json"
REFERENCE_FILE = "conformance-reference.json"

LINES = {
    "twice": "2",
    "burst": "2",
    "equal": "2",
    "count": "2",
    "serial": "3",
    "desks": "1",
    "undo": "1",
    "partial": "2",
    "mixed": "2",
    "correction": "1",
    "replaced": "1",
    "closing": "2",
    "differing": "2",
    "matched": "1",
    "exception": "1",
    "sale": "1",
    "reborn": "1",
    "restart": "40",
}
"""The returns of pieces: a name for the rule that uses it, and how many are expected on its one line."""

WEIGHED = "weighed"
BUNDLE = "bundle"
WEIGHT_KG = "0.500"
ONE = Quantity(value=Decimal(1), unit="C62")


class SetUp:
    """The returns and articles of one run.

    Args:
        site: The site that they belong to.
        token: Makes the ids of this run unlike all others.
    """

    def __init__(self, site: str, token: str) -> None:
        self.site = site
        self.token = token
        self.article = f"CONF-{token}-TEA"
        self.weighed_article = f"CONF-{token}-APPLE"
        self.sold_article = f"CONF-{token}-SOLD"
        self.bundle_article = f"CONF-{token}-SET"
        self.components = (f"CONF-{token}-POT", f"CONF-{token}-CUP")

    def bag(self, name: str) -> Bag:
        """The return that a rule works with."""
        return Bag(
            return_id=f"CONF-{self.token}-{name}",
            sku=self._article_of(name),
            line_id="1",
            unit="KGM" if name == WEIGHED else "C62",
        )

    def blind_bag(self, name: str) -> Bag:
        """The same return, received by a station that does not know it: it has the reference only."""
        known = self.bag(name)
        return Bag(f"{known.return_id}-blind", known.sku, reference=f"ORD-{known.return_id}")

    def expected(self) -> ExpectedFile:
        """The expected returns."""
        quantities = [(name, quantity, "C62") for name, quantity in LINES.items()]
        return ExpectedFile(
            site=self.site,
            returns=tuple(
                self._return(name, Quantity(value=Decimal(quantity), unit=unit))
                for name, quantity, unit in [*quantities, (WEIGHED, WEIGHT_KG, "KGM"), (BUNDLE, "1", "C62")]
            ),
        )

    def reference(self) -> ReferenceFile:
        """The articles."""
        return ReferenceFile(
            site=self.site,
            products=(
                Product(sku=self.article, name="Conformance tea 250 g", category="default"),
                Product(sku=self.sold_article, name="Conformance tea, to be sold", category="default"),
                Product(
                    sku=self.bundle_article,
                    name="Conformance tea set",
                    category="default",
                    components=tuple(
                        ProductComponent(sku=one, name="Part of a tea set", quantity=ONE)
                        for one in self.components
                    ),
                ),
                *(Product(sku=one, name="Part of a tea set", category="default") for one in self.components),
                Product(
                    sku=self.weighed_article,
                    name="Conformance apples",
                    category="default",
                    unit="KGM",
                    weighed=True,
                ),
            ),
        )

    def return_ids(self) -> set[str]:
        """The ids of all its returns."""
        return {one.return_id for one in self.expected().returns}

    def write(self, folder: Path) -> tuple[Path, Path]:
        """Writes both files, each in one step, so that nobody reads half a file."""
        folder.mkdir(parents=True, exist_ok=True)
        paths = (folder / EXPECTED_FILE, folder / REFERENCE_FILE)
        for path, content in zip(paths, (self.expected(), self.reference()), strict=True):
            draft = path.with_suffix(".part")
            draft.write_text(content.model_dump_json(exclude_none=True, indent=1), encoding="utf-8")
            draft.replace(path)
        return paths

    def _article_of(self, name: str) -> str:
        articles = {WEIGHED: self.weighed_article, BUNDLE: self.bundle_article, "sale": self.sold_article}
        return articles.get(name, self.article)

    def _return(self, name: str, quantity: Quantity) -> ExpectedReturn:
        bag = self.bag(name)
        return ExpectedReturn(
            return_id=bag.return_id,
            site=self.site,
            references=(Reference(kind=ReferenceKind.ORDER, value=f"ORD-{bag.return_id}"),),
            return_type=ReturnType.RTO_REFUSED,
            custody=Custody.RIDER_ONLY,
            lines=(
                ExpectedLine(
                    line_id="1",
                    sku=bag.sku,
                    name="Conformance goods",
                    quantity=quantity,
                    components=tuple(
                        ExpectedComponent(sku=one, name="Part of a tea set", quantity=ONE)
                        for one in (self.components if name == BUNDLE else ())
                    ),
                ),
            ),
        )
