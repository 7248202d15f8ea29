"""What the benchmarks scan: units of one article, told apart by their serials, in one return or one each.

The serial and the date stand in the code, so that nothing has to be asked; a customer had the goods, so that
each unit is photographed and judged in full.
"""

import random
from datetime import datetime
from decimal import Decimal

from edge.lab.demo_folder import SITE
from edge.lab.shift import catalogue as store
from edge.lab.shift.gtin import GS
from edge.lab.shift.plan import Shift
from edge.lab.shift.writing import Line, ShiftWriter
from sync.contract.messages.return_words import Custody, ReturnType
from vision.findings import DefectKind

ARTICLE = store.TEA
LOOKS = (
    (),
    (DefectKind.DEFORMATION,),
    (DefectKind.PENETRATION,),
    (DefectKind.SPILLAGE,),
)


def write_bench_shift(started_at: datetime, units: int, *, returns: int = 1, golden: int = 0) -> Shift:
    """So many returns of so many units; the drawn units of the first are the looks that are shown in turn.

    After the looks come so many intact units, for golden pictures.
    """
    writer = ShiftWriter(SITE, started_at, random.Random(1))
    drawn = (*LOOKS, *[()] * golden)
    looks = [writer.unit(number, ARTICLE, defects=defects) for number, defects in enumerate(drawn, start=1)]
    for number in range(returns):
        writer.write(
            [],
            [Line(ARTICLE, count=Decimal(units))],
            looks if number == 0 else [],
            return_type=ReturnType.CUSTOMER_RETURN,
            custody=Custody.CUSTOMER,
        )
    return Shift(returns=tuple(writer.plans), blocks=())


def code_of_unit(number: int) -> tuple[str, str]:
    """The GS1 DataMatrix text of the `number`-th unit, and its AIM identifier."""
    return f"01{ARTICLE.gtin}1728063010L77A1{GS}21BENCH{number:06d}", "]d2"
