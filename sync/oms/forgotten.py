"""Whether a station remembers less than the OMS: then it runs on an older copy of its records.

A database that was restored, or that lost its write-ahead log, is whole and wrong: nothing in it says that
there was more. The OMS can say it, because it holds events that the station's birth doesn't know. Only epochs
that have ended are looked at: of the present one, a birth that came late says less than is true.
"""

from sync.contract.messages import Birth
from sync.database import Database

NAMED_EPOCHS = 50  # a birth names so many; older ones without a loss are left out

EPOCHS = (
    "SELECT epoch FROM marks WHERE site = ? AND station = ? "
    "UNION SELECT epoch FROM epochs WHERE site = ? AND station = ?"
)
BEYOND = (
    "SELECT sequence FROM events WHERE site = ? AND station = ? AND epoch = ? AND sequence BETWEEN ? AND ? "
    "ORDER BY sequence"
)
LAST = 2**62


def forgotten(database: Database, birth: Birth) -> dict[str, list[int]]:
    """Sequences that we hold and the station doesn't know or has lost, by epoch; none where all is well."""
    station = (birth.site, birth.station)
    known = {one.epoch: one for one in birth.epochs}
    oldest = min(known, default="") if len(known) >= NAMED_EPOCHS else ""
    found: dict[str, list[int]] = {}
    for (epoch,) in database.sql(EPOCHS, (*station, *station)):
        if epoch == birth.epoch:
            continue
        summary = known.get(epoch)
        if summary is None and epoch < oldest:
            continue
        stretches = [(summary.last + 1 if summary else 1, LAST)]
        stretches += [(lost.first, lost.last) for lost in summary.lost] if summary else []
        sequences = [
            row[0]
            for first, last in stretches
            for row in database.sql(BEYOND, (*station, epoch, first, last))
        ]
        if sequences:
            found[epoch] = sequences
    return found
