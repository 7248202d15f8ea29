"""Plays the staff at one desk through the station's HTTP API, and writes down what was shown as done.

A station may die between its commit and its answer. Then the driver is in doubt, as a person would be, and
looks when the station is up again: what it then shows as saved counts as shown from then on.
"""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from edge.lab.errors import LabError, StationRefused
from edge.lab.torture.chain import DeskProcess
from edge.lab.torture.goods import DATAMATRIX, SECOND_SHELF, Unit, reference_of, return_of, unit_of
from edge.lab.torture.log import TortureLog

MOST_QUESTIONS = 6

Desk = dict[str, Any]


class NotShownError(LabError):
    """The station did not show the unit as saved: it refused, or said that something is wrong."""

    code = "lab.not_shown"


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something that was asked for and not answered."""

    what: str  # saved, undone
    inspection_id: str
    unit: Unit | None
    disposition: str


class DeskDriver:
    """One person at one desk.

    Args:
        desk: The station.
        log: The driver's journal.
        expiry: The date on dated packs.
    """

    def __init__(self, desk: DeskProcess, log: TortureLog, expiry: datetime) -> None:
        self.desk = desk
        self._database = desk.data.absolute() / "station.db"
        self._log = log
        self._expiry = expiry
        self._doubts: list[Doubt] = []
        self._saved: dict[tuple[int, int], str] = {}  # (bag, unit) → inspection shown as saved

    def greet(self) -> None:
        """Note which run of the station this is, and settle what was in doubt.

        Raises:
            StationUnreachable: It is gone again.
        """
        state = self.desk.client.get("/api/state")
        self._log.write(
            "started", desk=self.desk.name, station=str(state["station"]), epoch=str(state["epoch"])
        )
        self.settle_doubts()

    def knows(self, bag: int) -> bool:
        """Whether the OMS's announcement of this bag has arrived."""
        with closing(sqlite3.connect(f"{self._database.as_uri()}?mode=ro", uri=True)) as copy:
            found = copy.execute(
                "SELECT (SELECT count(*) FROM expected_return WHERE return_id = ?) AND "
                "(SELECT count(*) FROM place WHERE place_id = ?)",
                (return_of(bag), SECOND_SHELF.place),
            ).fetchone()
        return bool(found[0])

    def inspect(self, bag: int, number: int) -> str:
        """Inspect one unit of a bag; returns its inspection, which is shown as saved.

        Raises:
            StationUnreachable: The station did not answer; call `settle_doubts` when it does again.
            NotShownError: It refused or failed; the unit is not saved as far as anybody can see.
        """
        self.settle_doubts()
        known = self._saved.get((bag, number))
        if known is not None:
            return known
        unit = unit_of(bag, number, self._expiry)
        desk = self._open(bag)
        if desk["phase"] not in ("proposal", "question"):
            desk = self._post("/api/scans", {"text": unit.code, "symbology": DATAMATRIX})
        for _ in range(MOST_QUESTIONS):
            if desk["phase"] != "question":
                break
            desk = self._answer(desk["question"])
        if desk["phase"] != "proposal":
            raise NotShownError(f"{self.desk.name} proposes nothing for {unit.serial}: {_describe(desk)}")
        if desk["item"]["serial"] != unit.serial:
            self._post("/api/return/leave")
            raise NotShownError(f"{self.desk.name} had another unit in hand than {unit.serial}")
        return self._accept(bag, number, unit, desk["proposal"])

    def undo(self, bag: int, number: int) -> None:
        """Take a saved unit back.

        Raises:
            StationUnreachable, NotShownError: As for `inspect`.
        """
        inspection_id = self._saved[bag, number]
        doubt = Doubt("undone", inspection_id, None, "")
        self._doubts.append(doubt)
        self._post(f"/api/inspections/{inspection_id}/undo")
        self.settle_doubts()

    def put_away(self, bag: int, number: int) -> None:
        """Scan the bin into which a sound unit was laid; another than the one proposed.

        Raises:
            StationUnreachable, NotShownError: As for `inspect`.
        """
        inspection_id = self._saved[bag, number]
        self._post(f"/api/inspections/{inspection_id}/put-away", {"place_code": SECOND_SHELF.place})
        self._log.write("put_away", desk=self.desk.name, inspection_id=inspection_id)

    def close(self, bag: int) -> None:
        """The bag is empty.

        Raises:
            StationUnreachable, NotShownError: As for `inspect`.
        """
        self._open(bag)
        desk = self._post("/api/return/close")
        if desk["current_return"] is not None:
            raise NotShownError(f"{self.desk.name} did not close {reference_of(bag)}: {_describe(desk)}")
        self._log.write("closed", desk=self.desk.name, station=self.desk.identity, return_id=return_of(bag))

    def leave(self) -> None:
        """Put the open bag aside.

        Raises:
            StationUnreachable, NotShownError: As for `inspect`.
        """
        if self._look()["current_return"] is not None:
            self._post("/api/return/leave")

    def settle_doubts(self) -> None:
        """Look what became of everything that was not answered.

        Raises:
            StationUnreachable: The station is gone again; what is left stays in doubt.
        """
        while self._doubts:
            doubt = self._doubts[0]
            detail = self._detail(doubt.inspection_id)
            if doubt.what == "saved" and detail is not None and doubt.unit is not None:
                self._shown(doubt.unit, doubt.inspection_id, str(detail["summary"]["disposition"]))
            elif doubt.what == "undone" and detail is not None and detail["summary"]["corrected"]:
                self._log.write("undone", desk=self.desk.name, inspection_id=doubt.inspection_id)
            self._doubts.pop(0)

    # ---- the steps

    def _open(self, bag: int) -> Desk:
        """The bag open on the desk, with nothing strange in hand."""
        desk = self._look()
        opened = desk["current_return"]
        if opened is not None and opened["return_id"] != return_of(bag):
            self._post("/api/return/leave")
            opened = None
        if opened is None:
            desk = self._post("/api/scans", {"text": reference_of(bag)})
        if desk["current_return"] is None or desk["current_return"]["return_id"] != return_of(bag):
            raise NotShownError(f"{self.desk.name} did not open {reference_of(bag)}: {_describe(desk)}")
        return desk

    def _answer(self, question: dict[str, Any]) -> Desk:
        choices = [str(choice["value"]) for choice in question["choices"]]
        body = {"question_id": question["question_id"], "value": choices[0] if choices else "1"}
        return self._post("/api/answers", body)

    def _accept(self, bag: int, number: int, unit: Unit, proposal: dict[str, Any]) -> str:
        inspection_id = str(proposal["inspection_id"])
        disposition = str(proposal["disposition"])
        self._log.write(
            "asked",
            desk=self.desk.name,
            inspection_id=inspection_id,
            serial=unit.serial,
            bag=bag,
            unit=number,
        )
        self._doubts.append(Doubt("saved", inspection_id, unit, disposition))
        desk = self._post("/api/proposal/accept", {"inspection_id": inspection_id})
        saved = desk["last_saved"]
        if saved is None or saved["inspection_id"] != inspection_id:
            raise NotShownError(f"{self.desk.name} did not save {unit.serial}: {_describe(desk)}")
        self._doubts.pop()
        self._shown(unit, inspection_id, str(saved["disposition"]))
        return inspection_id

    def _shown(self, unit: Unit, inspection_id: str, disposition: str) -> None:
        bag, number = int(unit.serial[1:6]), int(unit.serial[7:9])
        self._saved[bag, number] = inspection_id
        self._log.write(
            "saved",
            desk=self.desk.name,
            station=self.desk.identity,
            inspection_id=inspection_id,
            return_id=unit.return_id,
            serial=unit.serial,
            sku=unit.sku,
            quantity="1",
            disposition=disposition,
        )

    def _detail(self, inspection_id: str) -> dict[str, Any] | None:
        try:
            return dict(self.desk.client.get(f"/api/inspections/{inspection_id}"))
        except StationRefused as error:
            if error.status == 404:
                return None
            raise NotShownError(f"{self.desk.name} can't say what became of {inspection_id}") from error

    def _look(self) -> Desk:
        try:
            return dict(self.desk.client.get("/api/state")["desk"])
        except StationRefused as error:
            raise NotShownError(f"{self.desk.name} shows no desk: {error}") from error

    def _post(self, path: str, body: dict[str, Any] | None = None) -> Desk:
        try:
            return dict(self.desk.client.post(path, body) or {})
        except StationRefused as error:
            raise NotShownError(f"{self.desk.name} refused {path}: {error}") from error


def _describe(desk: Desk) -> str:
    message = (desk.get("notice") or {}).get("message") or {}
    return f"{desk.get('phase')} ({message.get('code', 'no notice')} {message.get('params', '')})"
