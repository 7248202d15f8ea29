"""Plays the staff of a returns desk: scans, looks at what the station says, and answers as a person would.

The staff know the plan (what is in the bag, what they would say) but not what the station will decide: they
react to its questions and proposals through the same HTTP API as the page, and scan through the simulated
scanner. What the station showed as saved goes into the driver's own journal before the play goes on.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from edge.grading.override import OverrideReason
from edge.lab.desk_watch import Desk, DeskWatch, describe
from edge.lab.driver_journal import DriverJournal
from edge.lab.errors import DeskStuck, StationUnreachable
from edge.lab.played import Played, PlayedUnit
from edge.lab.shift.plan import Ending, ReturnPlan, UnitPlan
from edge.lab.table_scene import TableScene
from hardware.errors import ScannerError
from hardware.sim.scanner import send_scan

MOST_STEPS = 14
"""More questions and retakes than this about one unit mean that something goes in circles."""


class Staff:
    """One person at one desk.

    Args:
        watch: The desk.
        scanner: Socket of the simulated scanner.
        table: What lies before the cameras.
        journal: The driver's own.
        supervisor: Badge that allows what the staff alone may not.
        on_unit: Called after each unit.
    """

    def __init__(
        self,
        watch: DeskWatch,
        scanner: Path,
        table: TableScene,
        journal: DriverJournal,
        *,
        supervisor: str,
        on_unit: Callable[[PlayedUnit], None] = lambda _: None,
    ) -> None:
        self._watch = watch
        self._scanner = scanner
        self._table = table
        self._journal = journal
        self._supervisor = supervisor
        self._on_unit = on_unit

    def play(self, plan: ReturnPlan) -> Played:
        """One return, from its first scan to "bag empty", without units saved in an earlier run."""
        played = Played(plan)
        self._open(plan, played)
        for text in plan.meaningless:
            desk = self._scan(text)
            if _notice(desk).startswith("notice.unknown_code"):
                played.signs.add("notice:unknown_code")
        self._play_units(plan.units, played)
        if plan.left_open:
            self._watch.do("/api/return/leave")
        else:
            self._close(played)
        if plan.late_units:
            self._open(plan, played)
            self._play_units(plan.late_units, played)
            self._close(played)
            played.signs.add("action:late_unit")
        self._resolve(plan, played)
        signs = sorted(played.signs)
        self._journal.write("played", play_id=plan.play_id, return_id=played.return_id, signs=signs)
        return played

    def _open(self, plan: ReturnPlan, played: Played) -> None:
        desk = self._scan(plan.reference)
        answers = {key: value for unit in plan.units for key, value in unit.answers.items()}
        for _ in range(MOST_STEPS):
            if desk["phase"] != "question":
                break
            desk = self._answer(desk["question"], answers, played)
        current = desk["current_return"]
        if current is None:
            raise DeskStuck(f"an open return after {plan.reference}", 0, describe(desk))
        played.return_id = current["return_id"]
        played.signs.add(f"lines:{len(current['lines'])}")
        if current["blind"]:
            played.signs.add("return:blind")

    def _close(self, played: Played) -> None:
        desk, _ = self._watch.do("/api/return/close")
        if desk["current_return"] is not None:
            raise DeskStuck(f"the closed return {played.return_id}", 0, describe(desk))
        self._journal.write("closed", return_id=played.return_id)

    def _play_units(self, units: tuple[UnitPlan, ...], played: Played) -> None:
        saved = {entry["unit_id"]: entry["inspection_id"] for entry in self._journal.entries("saved")}
        undone = {entry["inspection_id"] for entry in self._journal.entries("undone")}
        for unit in units:
            if (inspection_id := saved.get(unit.unit_id)) is not None:
                if unit.ending is Ending.UNDO and inspection_id not in undone:
                    self._undo(inspection_id, played)
                continue
            self._play_unit(unit, played)
            if unit.scanned_twice:
                self._scan_again(unit, played)

    def _play_unit(self, unit: UnitPlan, played: Played) -> None:
        self._table.put(unit, at_first=True)
        if unit.lost_camera is not None:
            self._table.unplug(unit.lost_camera)
            self._wait_for_camera(unit.lost_camera, "lost", played)
        self._journal.write("begun", unit_id=unit.unit_id, play_id=played.plan.play_id)
        desk = self._begin(unit)
        for _ in range(MOST_STEPS):
            self._note(desk, played)
            if desk["phase"] == "question":
                desk = self._answer(desk["question"], unit.answers, played)
            elif desk["phase"] == "proposal" and self._needs_another_look(unit, desk["proposal"]):
                unit = replace(unit, first_look=None)
                self._table.put(unit)
                inspection_id = desk["proposal"]["inspection_id"]
                desk, _ = self._watch.do("/api/proposal/retake", {"inspection_id": inspection_id})
            elif desk["phase"] == "proposal":
                self._decide(unit, desk, played)
                break
            elif desk["phase"] == "return_open" and unit.first_look is not None:
                unit = replace(unit, first_look=None)  # the station asked for another try by itself
                self._table.put(unit)
                desk = self._begin(unit)
            else:
                raise DeskStuck(f"a proposal for {unit.unit_id}", 0, describe(desk))
        else:
            raise DeskStuck(f"the end of {unit.unit_id}", 0, describe(desk))
        if unit.lost_camera is not None:
            self._table.plug_in()
            self._wait_for_camera(unit.lost_camera, "live", played)

    def _begin(self, unit: UnitPlan) -> Desk:
        if unit.without_code:
            desk, _ = self._watch.do("/api/item-without-code")
            return desk
        text, symbology = self._table.code_of(unit)
        return self._scan(text, symbology)

    def _scan_again(self, unit: UnitPlan, played: Played) -> None:
        """By mistake: the very same unit; the staff notice when the station asks."""
        desk = self._begin(unit)
        for _ in range(MOST_STEPS):
            self._note(desk, played)
            if desk["phase"] != "question":
                return
            desk = self._answer(desk["question"], {**unit.answers, "another_unit": "same"}, played)

    def _answer(self, question: dict[str, Any], answers: Mapping[str, str], played: Played) -> Desk:
        kind = str(question["kind"])
        choices = [str(choice["value"]) for choice in question["choices"]]
        value = answers.get(kind) or (choices[0] if choices else "1")
        played.signs.update({f"question:{kind}", f"answer:{value}"})
        body = {"question_id": question["question_id"], "value": value}
        desk, refusal = self._watch.do("/api/answers", body)
        if refusal is not None:
            raise DeskStuck(f"an answer to {kind} other than {value!r} ({refusal})", 0, describe(desk))
        return desk

    def _needs_another_look(self, unit: UnitPlan, proposal: dict[str, Any]) -> bool:
        return unit.first_look is not None and any(not view["usable"] for view in proposal["views"])

    def _decide(self, unit: UnitPlan, desk: Desk, played: Played) -> None:
        proposal = desk["proposal"]
        inspection_id = str(proposal["inspection_id"])
        body: dict[str, Any] = {"inspection_id": inspection_id}
        overridden = False
        if unit.ending is Ending.SET_ASIDE:
            path = "/api/proposal/set-aside"
            body["reason_code"] = "condition_unclear"
        elif (badge := self._badge_for(unit, proposal)) is not None and unit.wanted is not None:
            path, overridden = "/api/proposal/override", True
            body |= {
                "disposition": unit.wanted.value,
                "reason_code": OverrideReason.MANAGER_SAID.value,
                "badge": badge or None,
            }
        else:
            path = "/api/proposal/accept"
        after, refusal = self._watch.do(path, body)
        saved = after["last_saved"]
        if refusal is not None or saved is None or saved["inspection_id"] != inspection_id:
            raise DeskStuck(f"{unit.unit_id} saved ({refusal or 'no refusal'})", 0, describe(after))
        one = PlayedUnit(
            unit_id=unit.unit_id,
            play_id=played.plan.play_id,
            return_id=played.return_id,
            item=(desk["item"] or {}).get("name") or unit.article.name,
            inspection_id=inspection_id,
            grade=saved["grade"],
            proposed=str(proposal["disposition"]),
            disposition=str(saved["disposition"]),
            findings=tuple(sorted({str(finding["kind"]) for finding in proposal["findings"]})),
            rules=tuple(str(reason["code"]) for reason in proposal["reasons"]),
            decided_ms=float(proposal["decided_ms"]),
            overridden=overridden,
        )
        # From here on the station has shown it as saved: it is owed, whatever happens next.
        self._journal.write_unit(one)
        if overridden:
            played.signs.add("action:override")
        if unit.ending is Ending.UNDO:
            self._undo(one.inspection_id, played)
        elif unit.put_away and saved["disposition"] == "RESTOCK":
            place = {"place_code": str(proposal["place"])}
            self._watch.client.post(f"/api/inspections/{inspection_id}/put-away", place)
        played.units.append(one)
        self._on_unit(one)

    def _badge_for(self, unit: UnitPlan, proposal: dict[str, Any]) -> str | None:
        """The badge that the wanted disposition needs: empty for none, None where nobody may choose it."""
        if unit.ending is not Ending.OVERRIDE or unit.wanted is None:
            return None
        if unit.wanted.value == proposal["disposition"]:
            return None
        if unit.wanted.value in proposal["allowed"]:
            return ""
        return self._supervisor if unit.wanted.value in proposal["allowed_with_supervisor"] else None

    def _undo(self, inspection_id: str, played: Played) -> None:
        desk, refusal = self._watch.do(f"/api/inspections/{inspection_id}/undo")
        if refusal is not None:
            raise DeskStuck(f"{inspection_id} undone ({refusal})", 0, describe(desk))
        self._journal.write("undone", inspection_id=inspection_id, return_id=played.return_id)
        played.signs.add("action:undo")

    def _resolve(self, plan: ReturnPlan, played: Played) -> None:
        wanted = {unit.unit_id: unit.resolve_to for unit in plan.units if unit.resolve_to is not None}
        if not wanted:
            return
        holds = {hold["inspection_id"]: hold for hold in self._watch.client.get("/api/holds")}
        for one in self._journal.entries("saved"):
            hold, disposition = holds.get(one["inspection_id"]), wanted.get(one["unit_id"])
            if hold is None or disposition is None:
                continue
            body = {
                "disposition": disposition.value,
                "reason_code": "checked_by_hand",
                "badge": self._supervisor,
            }
            ending = {"inspection_id": one["inspection_id"], "disposition": disposition.value}
            self._journal.write("resolving", **ending)
            self._watch.client.post(f"/api/holds/{hold['hold_id']}/resolve", body)
            self._journal.write("resolved", **ending, return_id=played.return_id)
            played.signs.add("action:resolved")

    def _wait_for_camera(self, camera: str, wanted: str, played: Played) -> None:
        def seen(state: str) -> bool:
            return state == "live" if wanted == "live" else state != "live"

        def reached(_: Desk) -> bool:
            devices = self._watch.client.get("/api/state")["devices"]
            return any(one["name"] == camera and seen(str(one["state"])) for one in devices)

        self._watch.until(reached, f"camera {camera} {wanted}")
        played.signs.add("camera:back" if wanted == "live" else "camera:lost")

    def _scan(self, text: str, symbology: str | None = None) -> Desk:
        scans = int(self._watch.now()["scans"])
        try:
            send_scan(self._scanner, text, symbology)
        except ScannerError as error:
            raise StationUnreachable(f"the scan of {text[:40]!r}", str(error)) from error
        return self._watch.heard(scans)

    def _note(self, desk: Desk, played: Played) -> None:
        """Remember the signs that this desk shows."""
        proposal = desk.get("proposal")
        played.signs.add(f"notice:{_notice(desk)}")
        notice_params = ((desk.get("notice") or {}).get("message") or {}).get("params", {})
        played.signs.update(
            f"quality:{value}" for value in notice_params.values() if "quality." in str(value)
        )
        if _notice(desk).startswith("quality."):
            played.signs.add(f"quality:{_notice(desk)}")
        if proposal is not None:
            played.signs.update(f"rule:{reason['code']}" for reason in proposal["reasons"])
            played.signs.update(f"quality:{view['quality']['code']}" for view in proposal["views"])


def _notice(desk: Desk) -> str:
    return str(((desk.get("notice") or {}).get("message") or {}).get("code", ""))
