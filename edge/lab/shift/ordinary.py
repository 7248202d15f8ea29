"""The rest of a shift: ordinary returns, damaged or not, that between them come to every disposition."""

from collections.abc import Callable

from edge.grading.decision import Disposition
from edge.lab.shift import catalogue as store
from edge.lab.shift.article import Article
from edge.lab.shift.hard_cases import CUSTOMER_RETURN
from edge.lab.shift.plan import Ending
from edge.lab.shift.writing import Line, ShiftWriter
from sync.contract.messages.return_words import ReferenceKind
from vision.findings import DefectKind

Writer = Callable[[ShiftWriter], None]


def write_ordinary(shift: ShiftWriter, count: int) -> None:
    """Write so many: the fixed ones first, then whatever the seed brings."""
    for number in range(count):
        if number < len(_FIXED):
            _FIXED[number](shift)
        else:
            _any(shift)


def _chosen(article: Article, wanted: Disposition, **more: object) -> Writer:
    """The staff choose a disposition that the policy does not propose by itself."""

    def write(shift: ShiftWriter) -> None:
        unit = shift.unit(1, article, ending=Ending.OVERRIDE, wanted=wanted, **more)  # type: ignore[arg-type]
        shift.write([], [Line(article)], [unit])

    return write


def _damaged(article: Article, *defects: DefectKind, severity: float = 0.8) -> Writer:
    def write(shift: ShiftWriter) -> None:
        unit = shift.unit(1, article, defects=defects, severity=severity)
        shift.write([], [Line(article)], [unit], **CUSTOMER_RETURN)

    return write


def _short_dated(shift: ShiftWriter) -> None:
    unit = shift.unit(
        1, store.ATTA, days_left=25, ending=Ending.OVERRIDE, wanted=Disposition.RESTOCK_MARKDOWN
    )
    shift.write([], [Line(store.ATTA)], [unit])


def _sound(shift: ShiftWriter) -> None:
    shift.write(
        [],
        [Line(store.TOOR_DAL), Line(store.NOTEBOOK)],
        [shift.unit(1, store.TOOR_DAL, put_away=True), shift.unit(2, store.NOTEBOOK, put_away=True)],
        kind=ReferenceKind.ORDER,
    )


def _medicine_from_customer(shift: ShiftWriter) -> None:
    shift.write([], [Line(store.TABLETS)], [shift.unit(1, store.TABLETS)], **CUSTOMER_RETURN)


def _opened_electronics(shift: ShiftWriter) -> None:
    serial = shift.serial()
    unit = shift.unit(1, store.TRIMMER, answers={"serial": serial})
    shift.write([], [Line(store.TRIMMER, serials=(serial,))], [unit], **CUSTOMER_RETURN)


def _left_for_later(shift: ShiftWriter) -> None:
    shift.write(
        [],
        [Line(store.TEA), Line(store.HONEY)],
        [shift.unit(1, store.TEA)],
        kind=ReferenceKind.BAG,
        left_open=True,
    )


_FIXED: tuple[Writer, ...] = (
    _sound,
    _short_dated,
    _chosen(store.CHARGER, Disposition.RETURN_TO_VENDOR),
    _chosen(store.NOTEBOOK, Disposition.LIQUIDATE),
    _chosen(store.BISCUITS, Disposition.DONATE, days_left=70),
    _damaged(store.TOMATOES, DefectKind.DEFORMATION),
    _damaged(store.TEA, DefectKind.PENETRATION),
    _damaged(store.TOOR_DAL, DefectKind.SPILLAGE),
    _damaged(store.KETCHUP, DefectKind.OPENING),
    _medicine_from_customer,
    _opened_electronics,
    _left_for_later,
)

_DEFECTS = (
    (),
    (),
    (DefectKind.DEFORMATION,),
    (DefectKind.PENETRATION,),
    (DefectKind.SPILLAGE,),
)


def _any(shift: ShiftWriter) -> None:
    article = shift.random.choice([one for one in store.ARTICLES if not one.parts and not one.weighed])
    serial = shift.serial()
    unit = shift.unit(1, article, defects=shift.random.choice(_DEFECTS), answers={"serial": serial})
    line = Line(article, serials=(serial,) if article.serialised else ())
    kind = shift.random.choice(list(ReferenceKind))
    shift.write([], [line], [unit], kind=kind)
