"""What the demo's store sells: groceries and a few things besides, of makers that do not exist."""

from edge.lab.shift.article import Article
from edge.lab.shift.gtin import gtin13
from models.training.rendering.spec import CodeKind, Shape
from sync.contract.messages.item import DateKind
from sync.contract.messages.reference import GoodsClass, SitePlace
from sync.contract.messages.return_words import StorageClass
from sync.contract.messages.stock import StockState

TOOR_DAL = Article(
    sku="DAL-TOOR-1",
    brand="SURYAKHET",
    kind="Toor dal",
    ean13=gtin13(1),
    shape=Shape.POUCH,
    category="ambient_food",
    mrp=189,
    net="1 kg",
    goods=GoodsClass.FOOD,
    code=CodeKind.DATAMATRIX,
    shelf_life_days=270,
)

ATTA = Article(
    sku="ATTA-5",
    brand="DHANVAYA",
    kind="Whole wheat atta",
    ean13=gtin13(2),
    shape=Shape.POUCH,
    category="ambient_food",
    mrp=265,
    net="5 kg",
    goods=GoodsClass.FOOD,
    code=CodeKind.DATAMATRIX,
    shelf_life_days=120,
)

TEA = Article(
    sku="TEA-250",
    brand="CHAIRANG",
    kind="Assam tea",
    ean13=gtin13(3),
    shape=Shape.CARTON,
    category="ambient_food",
    mrp=155,
    net="250 g",
    goods=GoodsClass.FOOD,
    code=CodeKind.DATAMATRIX,
    shelf_life_days=365,
)

BISCUITS = Article(
    sku="BISC-200",
    brand="NIMBELA",
    kind="Glucose biscuits",
    ean13=gtin13(4),
    shape=Shape.CARTON,
    category="ambient_food",
    mrp=40,
    net="200 g",
    goods=GoodsClass.FOOD,
    code=CodeKind.DATAMATRIX,
    shelf_life_days=180,
)

SESAME_OIL = Article(
    sku="OIL-SES-1",
    brand="TILVEDA",
    kind="Sesame oil",
    ean13=gtin13(5),
    shape=Shape.BOTTLE,
    category="ambient_food",
    mrp=349,
    net="1 L",
    goods=GoodsClass.FOOD,
    shelf_life_days=270,
)

KETCHUP = Article(
    sku="KETCH-500",
    brand="TAMARASA",
    kind="Tomato ketchup",
    ean13=gtin13(6),
    shape=Shape.BOTTLE,
    category="ambient_food",
    mrp=130,
    net="500 g",
    goods=GoodsClass.FOOD,
    code=CodeKind.DATAMATRIX,
    shelf_life_days=300,
)

CHICKPEAS = Article(
    sku="CHANA-400",
    brand="KABULIKA",
    kind="Boiled chickpeas",
    ean13=gtin13(7),
    shape=Shape.CAN,
    category="ambient_food",
    mrp=95,
    net="400 g",
    goods=GoodsClass.FOOD,
    code=CodeKind.DATAMATRIX,
    shelf_life_days=720,
)

TOMATOES = Article(
    sku="TOM-400",
    brand="LALBAGA",
    kind="Peeled tomatoes",
    ean13=gtin13(8),
    shape=Shape.CAN,
    category="ambient_food",
    mrp=110,
    net="400 g",
    goods=GoodsClass.FOOD,
    code=CodeKind.DATAMATRIX,
    shelf_life_days=720,
)

RICE = Article(
    sku="RICE-1",
    brand="NEELDHAN",
    kind="Basmati rice",
    ean13=gtin13(9),
    shape=Shape.POUCH,
    category="ambient_food",
    mrp=210,
    net="1 kg",
    goods=GoodsClass.FOOD,
    shelf_life_days=540,
)

HONEY = Article(
    sku="HONEY-250",
    brand="MADHUVYA",
    kind="Forest honey",
    ean13=gtin13(10),
    shape=Shape.BOTTLE,
    category="ambient_food",
    mrp=240,
    net="250 g",
    goods=GoodsClass.FOOD,
    code=CodeKind.DATAMATRIX,
    shelf_life_days=540,
)

MILK = Article(
    sku="MILK-1",
    brand="GODHIRA",
    kind="Toned milk",
    ean13=gtin13(11),
    shape=Shape.CARTON,
    category="chilled_frozen_food",
    mrp=68,
    net="1 L",
    goods=GoodsClass.FOOD,
    storage=StorageClass.CHILLED,
    code=CodeKind.DATAMATRIX,
    shelf_life_days=10,
    date_kind=DateKind.USE_BY,
)

CURD = Article(
    sku="CURD-400",
    brand="GODHIRA",
    kind="Set curd",
    ean13=gtin13(12),
    shape=Shape.POUCH,
    category="chilled_frozen_food",
    mrp=45,
    net="400 g",
    goods=GoodsClass.FOOD,
    storage=StorageClass.CHILLED,
    code=CodeKind.DATAMATRIX,
    shelf_life_days=15,
    date_kind=DateKind.USE_BY,
)

PANEER = Article(
    sku="PANEER-200",
    brand="GODHIRA",
    kind="Paneer",
    ean13=gtin13(13),
    shape=Shape.POUCH,
    category="chilled_frozen_food",
    mrp=99,
    net="200 g",
    goods=GoodsClass.FOOD,
    storage=StorageClass.CHILLED,
    code=CodeKind.DATAMATRIX,
    shelf_life_days=20,
    date_kind=DateKind.USE_BY,
)

PEAS = Article(
    sku="PEAS-500",
    brand="HIMKANA",
    kind="Frozen peas",
    ean13=gtin13(14),
    shape=Shape.POUCH,
    category="chilled_frozen_food",
    mrp=120,
    net="500 g",
    goods=GoodsClass.FOOD,
    storage=StorageClass.FROZEN,
    code=CodeKind.DATAMATRIX,
    shelf_life_days=540,
)

ONIONS = Article(
    sku="ONION-KG",
    brand="KHETSAR",
    kind="Onions",
    ean13=gtin13(15),
    shape=Shape.POUCH,
    category="ambient_food",
    mrp=48,
    net="1 kg",
    goods=GoodsClass.FOOD,
    weighed=True,
)

SHAMPOO = Article(
    sku="SHAMP-340",
    brand="KESHVARI",
    kind="Herbal shampoo",
    ean13=gtin13(16),
    shape=Shape.BOTTLE,
    category="beauty_pharmacy",
    mrp=299,
    net="340 ml",
    goods=GoodsClass.HYGIENE,
    code=CodeKind.DATAMATRIX,
    shelf_life_days=900,
)

FACE_WASH = Article(
    sku="FACE-100",
    brand="KESHVARI",
    kind="Neem face wash",
    ean13=gtin13(17),
    shape=Shape.CARTON,
    category="beauty_pharmacy",
    mrp=180,
    net="100 ml",
    goods=GoodsClass.HYGIENE,
    code=CodeKind.DATAMATRIX,
    shelf_life_days=900,
)

TABLETS = Article(
    sku="TAB-500-15",
    brand="AROGYANT",
    kind="Paracetamol 500 mg",
    ean13=gtin13(18),
    shape=Shape.CARTON,
    category="beauty_pharmacy",
    mrp=32,
    net="15 tablets",
    goods=GoodsClass.MEDICINE,
    code=CodeKind.DATAMATRIX,
    shelf_life_days=900,
)

EARBUDS = Article(
    sku="EARB-01",
    brand="DHVANIVA",
    kind="Wireless earbuds",
    ean13=gtin13(19),
    shape=Shape.CARTON,
    category="electronics",
    mrp=1799,
    net="1 pair",
    serialised=True,
)

TRIMMER = Article(
    sku="TRIM-02",
    brand="DHVANIVA",
    kind="Beard trimmer",
    ean13=gtin13(20),
    shape=Shape.CARTON,
    category="electronics",
    mrp=1299,
    net="1 piece",
    serialised=True,
)

CHARGER = Article(
    sku="CHRG-20W",
    brand="DHVANIVA",
    kind="USB charger 20 W",
    ean13=gtin13(21),
    shape=Shape.CARTON,
    category="electronics",
    mrp=699,
    net="1 piece",
)

NOTEBOOK = Article(
    sku="NOTE-A5",
    brand="LIKHAVYA",
    kind="Ruled notebook",
    ean13=gtin13(22),
    shape=Shape.CARTON,
    category="general",
    mrp=85,
    net="1 piece",
)

HAMPER = Article(
    sku="HAMP-3",
    brand="UTSAVIRA",
    kind="Tea time hamper",
    ean13=gtin13(23),
    shape=Shape.CARTON,
    category="ambient_food",
    mrp=399,
    net="3 parts",
    goods=GoodsClass.FOOD,
    shelf_life_days=365,
    parts=(TEA, BISCUITS, HONEY),
)

STRANGERS_ITEM = Article(
    sku="-",
    brand="PARDESHI",
    kind="Instant noodles",
    ean13=gtin13(90001),
    shape=Shape.POUCH,
    category="ambient_food",
    mrp=25,
    net="70 g",
    goods=GoodsClass.FOOD,
)

ARTICLES: tuple[Article, ...] = (
    TOOR_DAL,
    ATTA,
    TEA,
    BISCUITS,
    SESAME_OIL,
    KETCHUP,
    CHICKPEAS,
    TOMATOES,
    RICE,
    HONEY,
    MILK,
    CURD,
    PANEER,
    PEAS,
    ONIONS,
    SHAMPOO,
    FACE_WASH,
    TABLETS,
    EARBUDS,
    TRIMMER,
    CHARGER,
    NOTEBOOK,
    HAMPER,
)
"""Everything in the store's catalogue; the stranger's item is not."""


def _place(
    code: str, label: str, state: StockState, storage: StorageClass = StorageClass.AMBIENT
) -> SitePlace:
    return SitePlace(place=code, label=label, state=state, storage_class=storage)


PLACES: tuple[SitePlace, ...] = (
    _place("A-01", "Shelf A-01", StockState.AVAILABLE),
    _place("C-01", "Chiller C-01", StockState.AVAILABLE, StorageClass.CHILLED),
    _place("F-01", "Freezer F-01", StockState.AVAILABLE, StorageClass.FROZEN),
    _place("M-01", "Markdown shelf", StockState.MARKDOWN),
    _place("M-02", "Markdown chiller", StockState.MARKDOWN, StorageClass.CHILLED),
    _place("Q-01", "Quarantine cage", StockState.QUARANTINE),
    _place("Q-02", "Quarantine chiller", StockState.QUARANTINE, StorageClass.CHILLED),
    _place("Q-03", "Quarantine freezer", StockState.QUARANTINE, StorageClass.FROZEN),
    _place("R-01", "Repair box", StockState.REPAIR),
    _place("V-01", "Vendor returns", StockState.VENDOR_RETURN),
    _place("V-02", "Vendor returns, chiller", StockState.VENDOR_RETURN, StorageClass.CHILLED),
    _place("L-01", "Liquidation crate", StockState.LIQUIDATION),
    _place("D-01", "Donation crate", StockState.DONATION),
    _place("D-02", "Donation chiller", StockState.DONATION, StorageClass.CHILLED),
    _place("S-01", "Scrap bin", StockState.SCRAP),
    _place("H-01", "Hand-back counter", StockState.HAND_BACK),
    _place("T-01", "Transfer cage", StockState.TRANSFER),
    _place("T-02", "Transfer chiller", StockState.TRANSFER, StorageClass.CHILLED),
)
"""The bins of the demo's store, one purpose each."""
