"""The demo's data folder: one place for each running part, and the files that set them up.

DATA/shift.json         seed, number of returns, start: what `--resume` needs
DATA/driver.jsonl       what the driver saw as saved
DATA/pictures/          drawn pictures of the units
DATA/scene/             what the simulated cameras see now
DATA/station/           the station's data folder and station.toml
DATA/oms/               the OMS receiver's ledger, and what it publishes
DATA/logs/              what each program printed
DATA/saved.jsonl        at the end: what was shown as saved, for `darkstore oms reconcile --journal`
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from edge.cli_errors import CommandFailed, Exit
from edge.lab.drawn_pictures import VIEWS
from edge.lab.shift.catalogue import ARTICLES, PLACES
from edge.lab.shift.plan import Shift

SITE = "BLR-001"
STATION = "desk-1"
SUPERVISOR = "STAFF-S0001"


@dataclass(frozen=True, slots=True)
class ShiftChoice:
    """What was asked for when the shift began; a resumed shift takes it from the folder."""

    seed: int
    returns: int
    started_at: datetime
    photographs: str | None


class DemoFolder:
    """Paths and files of one demo.

    Args:
        path: The folder; created where missing.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.journal = self.path / "driver.jsonl"
        self.pictures = self.path / "pictures"
        self.scene = self.path / "scene"
        self.station = self.path / "station"
        self.station_config = self.station / "station.toml"
        self.oms = self.path / "oms"
        self.expected = self.oms / "expected.json"
        self.reference = self.oms / "reference.json"
        self.logs = self.path / "logs"
        self.scanner = self.path / "scanner.sock"

    def begin(self, choice: ShiftChoice) -> None:
        """Make a new folder's files.

        Raises:
            CommandFailed: A shift was played here before.
        """
        marker = self.path / "shift.json"
        if marker.exists():
            raise CommandFailed(
                f"{self.path} holds a shift already. Go on with it by --resume, or use another --data.",
                Exit.USAGE,
            )
        for folder in (self.pictures, self.scene, self.station, self.oms, self.logs):
            folder.mkdir(parents=True, exist_ok=True)
        marker.write_text(
            json.dumps(
                {
                    "seed": choice.seed,
                    "returns": choice.returns,
                    "started_at": choice.started_at.isoformat(),
                    "photographs": choice.photographs,
                }
            ),
            encoding="utf-8",
        )

    def resume(self) -> ShiftChoice:
        """What was asked for when the shift in this folder began.

        Raises:
            CommandFailed: No shift was begun here.
        """
        try:
            found = json.loads((self.path / "shift.json").read_text(encoding="utf-8"))
            return ShiftChoice(
                seed=int(found["seed"]),
                returns=int(found["returns"]),
                started_at=datetime.fromisoformat(found["started_at"]),
                photographs=found["photographs"],
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CommandFailed(
                f"There is no shift to go on with in {self.path}: start one without --resume.", Exit.USAGE
            ) from error

    def write_oms_files(self, shift: Shift, *, cancelled: bool) -> None:
        """What the OMS publishes: expected returns, articles, places, recalls.

        Args:
            shift: What is played.
            cancelled: Whether the cancellations have happened yet: a return is announced before it is
            cancelled.
        """
        announced = [plan for plan in shift.returns if plan.expected is not None]
        expected = {
            "site": SITE,
            "returns": [plan.expected.model_dump(mode="json") for plan in announced if plan.expected],
            "cancelled": [
                {"return_id": plan.expected.return_id, "reason_code": "customer_kept_it"}
                for plan in announced
                if cancelled and plan.cancelled and plan.expected
            ],
        }
        reference = {
            "site": SITE,
            "products": [one.product().model_dump(mode="json", exclude_none=True) for one in ARTICLES],
            "places": [place.model_dump(mode="json") for place in PLACES],
            "blocks": [
                {
                    "block_id": block.block_id,
                    "gtin": block.article.gtin,
                    "lots": [block.lot],
                    "reason": block.reason,
                }
                for block in shift.blocks
            ],
        }
        _write_json(self.expected, expected)
        _write_json(self.reference, reference)

    def write_station_config(self, *, http_port: int, broker_host: str, broker_port: int) -> None:
        """The station's settings, as an operator would write them."""
        cameras = "\n".join(
            f'[cameras.{view}]\ndriver = "simulator"\nscene = {json.dumps(str(self.scene))}\n'
            for view in VIEWS
        )
        self.station_config.write_text(
            f"""# Written by the demo.
[station]
site = "{SITE}"
station = "{STATION}"
data_dir = {json.dumps(str(self.station / "data"))}
host = "127.0.0.1"
port = {http_port}

[broker]
host = "{broker_host}"
port = {broker_port}

[staff]
supervisors = ["{SUPERVISOR}"]

[scanners.counter]
driver = "simulator"
socket = {json.dumps(str(self.scanner))}

{cameras}""",
            encoding="utf-8",
        )

    def write_saved(self, entries: Iterable[Mapping[str, Any]]) -> None:
        """What was shown as saved, as `darkstore oms reconcile --journal` reads it."""
        lines = [
            json.dumps({"inspection_id": one["inspection_id"], "saved_at": one["at"]})
            for one in entries
            if one["kind"] == "saved"
        ]
        (self.path / "saved.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

    def write_references(self, pictures: dict[str, bytes]) -> None:
        """Pictures of the empty station, from which items are told."""
        from edge.inspection.references import ReferenceStore

        store = ReferenceStore(self.station / "data" / "references")
        for view, jpeg in pictures.items():
            store.put(view, jpeg)


def _write_json(path: Path, content: object) -> None:
    """Write a file that another process watches: it sees the old or the new one, never a half."""
    new = path.with_suffix(".new")
    new.write_text(json.dumps(content, indent=1, ensure_ascii=False), encoding="utf-8")
    new.replace(path)
