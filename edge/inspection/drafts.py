"""The return in hand, kept so that a restart shows the staff where they were.

A draft owes nothing to the OMS, so it is written off the latency path by a thread of its own, newest state
only: if the machine dies before it is written, the staff scan the bag again. Pictures of a unit that was
already judged are kept with it, by digest, so that the same proposal can be made again.
"""

import hashlib
import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from pydantic import ValidationError

from edge.clock import Clock
from edge.inspection.desk_state import DeskState
from edge.inspection.records import DraftRecord
from edge.inspection.session import ItemInHand, OpenReturn
from edge.returns.values import FrozenValue
from sync.database import Database
from sync.errors import SyncError

logger = logging.getLogger(__name__)

COALESCE_S = 0.05  # changes that come together are written once, after the page has been told


class DraftPicture(FrozenValue):
    """A picture of the unit in hand, kept under its digest."""

    view: str
    sha256: str


class Draft(FrozenValue):
    """What lay on the desk."""

    opened: OpenReturn
    item: ItemInHand | None = None
    pictures: tuple[DraftPicture, ...] = ()
    badge: str | None = None


class DraftKeeper:
    """Writes the newest draft in the background, and finds it again after a restart."""

    def __init__(
        self,
        database: Database,
        folder: Path,
        clock: Clock,
        *,
        is_short: Callable[[], bool] = lambda: False,
    ) -> None:
        self._database = database
        self._is_short = is_short
        self._folder = folder
        self._clock = clock
        self._wake = threading.Condition()
        self._newest: tuple[Draft, dict[str, bytes]] | None = None
        self._pending = False
        self._stopping = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start writing."""
        self._thread = threading.Thread(target=self._run, name="drafts", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Write what is left and end."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def keep(self, state: DeskState) -> None:
        """Remember the desk as it is now; returns at once."""
        newest = None
        if state.opened is not None:
            pictures = dict(state.proposal.judged.seen.pictures) if state.proposal is not None else {}
            newest = (Draft(opened=state.opened, item=state.item, badge=state.badge), pictures)
        with self._wake:
            self._newest, self._pending = newest, True
            self._wake.notify()

    def restore(self) -> tuple[Draft, dict[str, bytes]] | None:
        """What lay on the desk when the station stopped, with the pictures that are whole."""
        rows = list(self._database.run(DraftRecord.select()))
        if not rows:
            return None
        try:
            draft = Draft.model_validate_json(rows[0].body)
        except ValidationError:
            logger.exception("the draft of the return in hand can't be read; the staff scan the bag again")
            return None
        pictures = {}
        for each in draft.pictures:
            with suppress(OSError):
                jpeg = (self._folder / f"{each.view}.jpg").read_bytes()
                if hashlib.sha256(jpeg).hexdigest() == each.sha256:
                    pictures[each.view] = jpeg
        return draft, pictures

    def _run(self) -> None:
        while True:
            with self._wake:
                while not self._pending and not self._stopping:
                    self._wake.wait()
                if self._pending and not self._stopping:
                    self._wake.wait_for(lambda: self._stopping, COALESCE_S)
                if not self._pending:
                    break
                newest, self._pending = self._newest, False
            try:
                self._write(newest)
            except (OSError, SyncError):
                logger.exception("the draft of the return in hand could not be written; work goes on")
        self._database.release_thread()

    def _write(self, newest: tuple[Draft, dict[str, bytes]] | None) -> None:
        if newest is None:
            with self._database.write():
                self._database.run(DraftRecord.delete())
            return
        draft, pictures = newest
        if self._is_short():  # they can be taken again; what is left of the disk is for what can't
            pictures = {}
        named = tuple(
            DraftPicture(view=view, sha256=hashlib.sha256(jpeg).hexdigest())
            for view, jpeg in pictures.items()
        )
        draft = draft.model_copy(update={"pictures": named})
        self._folder.mkdir(parents=True, exist_ok=True)
        for view, jpeg in pictures.items():
            temporary = self._folder / f"{view}.new"
            temporary.write_bytes(jpeg)
            temporary.replace(self._folder / f"{view}.jpg")
        with self._database.write():
            self._database.run(
                DraftRecord.replace(  # type: ignore[no-untyped-call]
                    slot=1, body=draft.model_dump_json(), written_at=self._clock.now()
                )
            )
