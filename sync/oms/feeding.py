"""Feeds the streams from files: reads them at the start, and again whenever one changes."""

import logging
from pathlib import Path

from sync.contract.messages import StreamName
from sync.oms.errors import LoadingError
from sync.oms.ledger import Ledger
from sync.oms.loading import load_expected, load_reference
from sync.oms.matching import match_blind_returns
from sync.oms.settings import OmsSettings
from sync.oms.streams import Streams

logger = logging.getLogger(__name__)

Stamp = tuple[int, int, int]  # inode, size, time of the last change


class Feeding:
    """Watches the files.

    Args:
        settings: Which files, for which site.
        ledger: Blind returns are matched as soon as their return is known.
        streams: What changed gets offsets there.
    """

    def __init__(self, settings: OmsSettings, ledger: Ledger, streams: Streams) -> None:
        self._files = [
            *((path, StreamName.EXPECTED) for path in settings.expected),
            *((path, StreamName.REFERENCE) for path in settings.reference),
        ]
        self._site = settings.site
        self._sites_seen: set[str] = set()
        self._ledger = ledger
        self._streams = streams
        self._stamps: dict[Path, Stamp | None] = {}

    def load_all(self) -> None:
        """Reads every file.

        Raises:
            LoadingError: One can't be used; at the start that is for people to correct.
        """
        for path, stream in self._files:
            self._stamps[path] = _stamp(path)
            try:
                self._load(path, stream)
            except LoadingError as error:
                raise LoadingError(path, error.reason, remedy=error.remedy, starting=True) from error

    def load_changed(self) -> bool:
        """Reads files that changed since; a bad one is logged and changes nothing. True if a stream grew."""
        grew = False
        for path, stream in self._files:
            stamp = _stamp(path)
            if stamp is None or stamp == self._stamps.get(path):
                continue
            self._stamps[path] = stamp
            try:
                grew |= self._load(path, stream)
            except LoadingError as error:
                logger.error("%s", error)  # noqa: TRY400 - the sentence says it all
        return grew

    def _load(self, path: Path, stream: StreamName) -> bool:
        if stream is StreamName.REFERENCE:
            reference = load_reference(path, site=self._default_site())
            changed = self._streams.take_reference(reference)
        else:
            expected = load_expected(path, site=self._site)
            self._sites_seen.add(expected.site)
            changed = self._streams.take_expected(expected)
            for matched in match_blind_returns(self._ledger):
                logger.info("the blind return %s is matched now", matched)
        if changed:
            logger.info("%s: %d items of the %s stream are new or changed", path, len(changed), stream)
        return bool(changed)

    def _default_site(self) -> str | None:
        if self._site is None and len(self._sites_seen) == 1:
            return next(iter(self._sites_seen))
        return self._site


def _stamp(path: Path) -> Stamp | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
