"""How much is owed to the OMS, and since when?"""

from datetime import datetime, timedelta

from edge.health.answer import failed, warning, well
from edge.station.services import Connection, HealthCheck

OLD = timedelta(hours=4)


def check_backlog(connection: Connection, now: datetime, old: timedelta = OLD) -> HealthCheck:
    """What waits in the outbox, and what the OMS has refused.

    Args:
        connection: Counts of the outbox.
        now: Wall time, UTC.
        old: Age of the oldest message from which someone should look at the connection.
    """
    if connection.dead:
        return failed("backlog", "dead", dead=connection.dead, owed=connection.owed)
    if connection.oldest_owed_at is not None and now - connection.oldest_owed_at > old:
        hours = round((now - connection.oldest_owed_at).total_seconds() / 3600, 1)
        return warning("backlog", "old", owed=connection.owed, hours=hours)
    return well("backlog", owed=connection.owed)
