"""The desk as the workflow holds it, and those who want to know when it changes.

One lock guards it: two scanners, the page and a deadline may all want the desk at once, and each finds it
whole.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from edge.grading.policy import PolicyPack
from edge.inspection.desk import Desk, Level, Message, Notice, Phase, Question, ReturnOnDesk
from edge.inspection.judging import Judged
from edge.inspection.presenting import item_on_desk, proposal_on_desk, return_on_desk, saved_on_desk
from edge.inspection.saved import SavedInspection
from edge.inspection.session import ItemInHand, OpenReturn
from edge.returns.places import Place

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What lies before the person: the judged unit, the place it would go to, and how long it took."""

    judged: Judged
    policy: PolicyPack
    place: Place
    decided_ms: float


class DeskState:
    """What is in hand. Changed only under `lock`, shown as a `Desk`."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.opened: OpenReturn | None = None
        self.item: ItemInHand | None = None
        self.question: Question | None = None
        self.proposal: Proposal | None = None
        self.looking = False
        self.blocked = False
        self.notice: Notice | None = None
        self.last_saved: SavedInspection | None = None
        self.badge: str | None = None
        self.scans = 0
        self._version = 0
        self._counted: OpenReturn | None = None
        self._counted_as: ReturnOnDesk | None = None
        self._listeners: list[Callable[[Desk], None]] = []
        self._shown = Desk(Phase.IDLE, 0)

    @property
    def shown(self) -> Desk:
        """The desk as it was last shown."""
        return self._shown

    @property
    def phase(self) -> Phase:
        """What the station waits for."""
        if self.blocked:
            return Phase.BLOCKED
        if self.proposal is not None:
            return Phase.PROPOSAL
        if self.question is not None:
            return Phase.QUESTION
        if self.looking:
            return Phase.INSPECTING
        return Phase.RETURN_OPEN if self.opened is not None else Phase.IDLE

    def on_change(self, listener: Callable[[Desk], None]) -> None:
        """Call `listener` with the desk after each change."""
        self._listeners.append(listener)

    def say(
        self,
        level: Level,
        code: str,
        params: Mapping[str, str | int | float] | None = None,
        *,
        then: str | None = None,
    ) -> None:
        """Say something to the person at the desk: what happened, and what to do next."""
        what_next = Message(then, dict(params or {})) if then is not None else None
        self.notice = Notice(level, Message(code, dict(params or {})), what_next)

    def clear_item(self) -> None:
        """Nothing is in hand any more; the return stays open."""
        self.item = None
        self.question = None
        self.proposal = None
        self.looking = False

    def _return_on_desk(self, opened: OpenReturn | None) -> ReturnOnDesk | None:
        """The open return as shown; counted anew only when it changed, since a scan shows the desk twice."""
        if opened is not self._counted:
            self._counted = opened
            self._counted_as = return_on_desk(opened) if opened is not None else None
        return self._counted_as

    def show(self) -> Desk:
        """Make the desk visible as it is now, and tell everybody."""
        self._version += 1
        opened, item, proposal = self.opened, self.item, self.proposal
        self._shown = Desk(
            phase=self.phase,
            version=self._version,
            scans=self.scans,
            notice=self.notice,
            current_return=self._return_on_desk(opened),
            item=item_on_desk(item, opened) if item is not None and opened is not None else None,
            question=self.question,
            proposal=proposal_on_desk(
                item.inspection_id,
                proposal.judged.decision,
                proposal.judged.seen.views,
                proposal.place,
                proposal.decided_ms,
                proposal.judged.seen.timings_ms,
            )
            if proposal is not None and item is not None
            else None,
            last_saved=saved_on_desk(self.last_saved) if self.last_saved is not None else None,
        )
        for listener in self._listeners:
            try:
                listener(self._shown)
            except Exception:  # a page that went away must not stop the desk
                logger.exception("a listener of the desk failed")
        return self._shown
