"""Receivers for the conformance kit to judge, and the help that each gets."""

from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Self

from sync.oms.conformance.options import Options
from sync.oms.conformance.report import Report
from sync.oms.conformance.rules import Rule, Verdict
from sync.oms.conformance.running import ALL_RULES, Run
from sync.oms.conformance.setup import EXPECTED_FILE, REFERENCE_FILE, SetUp
from sync.oms.ledger import Ledger
from sync.oms.serving import receiver, utc_now
from sync.oms.settings import OmsSettings
from sync.settings import BrokerSettings

SITE = "conformance"


def kit_options(port: int, **changes: object) -> Options:
    broker = BrokerSettings(port=port, reconnect_base_s=0.1, reconnect_cap_s=0.3)
    values: dict[str, object] = {"broker": broker, "timeout_s": 10.0, "patience_s": 40.0}
    return Options.model_validate(values | changes)


class ReferenceUnderTest:
    """The reference receiver in this process, and the help that the kit needs with it."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        SetUp(SITE, "none").write(folder)
        self.settings = OmsSettings.model_validate(
            {
                "data_dir": folder / "oms",
                "broker": BrokerSettings(port=port, reconnect_base_s=0.1, reconnect_cap_s=0.3),
                "expected": (folder / EXPECTED_FILE,),
                "reference": (folder / REFERENCE_FILE,),
                "gap_quiet_s": 0.5,
                "watch_s": 0.1,
            }
        )
        self._running = ExitStack()
        self._sales = 0

    def __enter__(self) -> Self:
        self._running.enter_context(receiver(self.settings)).wait_ready(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.close()

    def load(self, expected: Path, reference: Path) -> bool:
        return expected.parent == reference.parent == self.folder  # it watches them

    def sell(self, site: str, sku: str, quantity: int) -> bool:
        self._sales += 1
        ledger = Ledger.open(self.settings.data_dir, now=utc_now)
        ledger.take(site, sku, Decimal(quantity), event_id=f"sale-{self._sales}")
        ledger.database.close()
        return True

    def restart(self) -> bool:
        self._running.close()
        self.__enter__()
        return True


def judged(options: Options, helper: object, files: Path, *, rules: tuple[Rule, ...] = ALL_RULES) -> Report:
    run = Run(options, helper, token="t0", files=files)  # type: ignore[arg-type]
    return Report(options, "t0", tuple(run.play(rules)))


def failed(report: Report) -> dict[str, str]:
    return {one.rule.id: one.reason for one in report.results if one.verdict is Verdict.FAIL}


def skipped(report: Report) -> dict[str, str]:
    return {one.rule.id: one.reason for one in report.results if one.verdict is Verdict.SKIPPED}
