"""Which runs of other stations this one carries, because their outbox was imported here.

An export names the runs of the station that it was made on, also those of which nothing is owed any more. The
importing station says them in its birth. The OMS heard of some of them from the exporting station itself, and
so believes the importing one.
"""

import json

from pydantic import BaseModel, ConfigDict, Field

from sync.database import Database

NAMED_EPOCHS = 50  # the newest, and every one of which something is owed

OWN = (
    "SELECT e.epoch, e.last_sequence FROM epochs e WHERE e.epoch IN "
    "(SELECT epoch FROM epochs ORDER BY counter DESC LIMIT ?) "
    "OR e.epoch IN (SELECT epoch FROM outbox WHERE state IN ('PENDING', 'SENT')) ORDER BY e.counter"
)
WHO = (
    "SELECT o.site, o.station FROM outbox o WHERE o.epoch IN (SELECT epoch FROM epochs) "
    "ORDER BY o.position DESC LIMIT 1"
)
LOST = "SELECT first, last FROM lost_sequences WHERE epoch = ? ORDER BY first"
TAKE = (
    "INSERT INTO carried_epochs (site, station, epoch, last_sequence, lost) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT DO UPDATE SET last_sequence = max(last_sequence, excluded.last_sequence), "
    "lost = CASE excluded.lost WHEN '[]' THEN lost ELSE excluded.lost END"
)


class CarriedEpoch(BaseModel):
    """One run of a station.

    Attributes:
        last: Its last sequence, as far as was known at the export.
        lost: Sequences (first, last) that a salvage could not bring back.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    site: str = Field(min_length=1, max_length=64)
    station: str = Field(min_length=1, max_length=64)
    epoch: str = Field(pattern=r"^[0-9]{6,10}-[0-9a-f]{6,32}$")
    last: int = Field(ge=0, le=2_147_483_647)
    lost: tuple[tuple[int, int], ...] = ()


def epochs_to_export(database: Database) -> list[CarriedEpoch]:
    """The runs of this station, and of those that it carries in its turn."""
    found = carried_epochs(database)
    for site, station in database.sql(WHO):
        for epoch, last in database.sql(OWN, (NAMED_EPOCHS,)):
            lost = database.sql(LOST, (epoch,))
            ranges = tuple((first, end) for first, end in lost)
            found.append(CarriedEpoch(site=site, station=station, epoch=epoch, last=last, lost=ranges))
    return found


def take_epochs(database: Database, epochs: list[CarriedEpoch]) -> None:
    """Remember whose runs are carried from now on, inside a transaction; our own are none."""
    own = {row[0] for row in database.sql("SELECT epoch FROM epochs")}
    database.sql_many(
        TAKE,
        [
            (one.site, one.station, one.epoch, one.last, json.dumps(one.lost))
            for one in epochs
            if one.epoch not in own
        ],
    )


def carried_epochs(database: Database) -> list[CarriedEpoch]:
    """What is carried here, for the birth."""
    rows = database.sql(
        "SELECT site, station, epoch, last_sequence, lost FROM carried_epochs ORDER BY site, station, epoch"
    )
    return [
        CarriedEpoch(site=row[0], station=row[1], epoch=row[2], last=row[3], lost=json.loads(row[4]))
        for row in rows
    ]
