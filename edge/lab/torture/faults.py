"""What is done to the chain, by kind."""

from enum import StrEnum


class BrokerKind(StrEnum):
    """Which broker a round runs on."""

    MOSQUITTO_DEFAULT = "mosquitto_default"  # memory only, as installed: confirms, and forgets when killed
    MOSQUITTO_DURABLE = "mosquitto_durable"  # writes down what it holds now and then: `deploy/mosquitto.conf`
    EMBEDDED = "embedded"  # rumqttd, memory only


class FaultKind(StrEnum):
    """Every kind of fault; figures are counted by it."""

    KILL_STATION = "kill_station"
    KILL_OMS = "kill_oms"
    KILL_MOSQUITTO_DEFAULT = "kill_mosquitto_default"
    KILL_MOSQUITTO_DURABLE = "kill_mosquitto_durable"
    KILL_EMBEDDED = "kill_embedded"
    BROKER_FORGETS = "broker_confirms_and_forgets"
    ANSWER_LOST = "oms_applies_and_loses_its_answer"
    CUT = "connection_cut"
    HALF_OPEN = "connection_half_open"
    SLOW = "connection_slow"
    DUPLICATED = "messages_duplicated"
    REORDERED = "messages_reordered"
    REDELIVERED_LATE = "messages_redelivered_after_days"
    OMS_RESTORED = "oms_restored_from_backup"
    STATION_RESTORED = "station_restored_from_backup"
    DISK_FULL = "disk_full"
    IO_ERROR = "io_error"
    CLOCK_FORWARD = "clock_ten_years_on"
    CLOCK_BACK = "clock_ten_years_back"
    TWIN_STATION = "two_stations_under_one_identity"
    UNIT_TWICE = "one_unit_at_two_offline_stations"


KILLED_BROKER = {
    FaultKind.KILL_MOSQUITTO_DEFAULT: BrokerKind.MOSQUITTO_DEFAULT,
    FaultKind.KILL_MOSQUITTO_DURABLE: BrokerKind.MOSQUITTO_DURABLE,
    FaultKind.KILL_EMBEDDED: BrokerKind.EMBEDDED,
}
"""Kills of a broker need a round on that broker."""

KILLS = frozenset({FaultKind.KILL_STATION, FaultKind.KILL_OMS, *KILLED_BROKER})

WIRE_FAULTS = frozenset(
    {
        FaultKind.BROKER_FORGETS,
        FaultKind.ANSWER_LOST,
        FaultKind.CUT,
        FaultKind.HALF_OPEN,
        FaultKind.SLOW,
        FaultKind.DUPLICATED,
        FaultKind.REORDERED,
    }
)
"""What a wire does for a while, until it is mended."""

LIGHT = (*sorted(KILLS), *sorted(WIRE_FAULTS))
"""They strike while work goes on, and come in pairs."""

HEAVY = (
    FaultKind.REDELIVERED_LATE,
    FaultKind.OMS_RESTORED,
    FaultKind.STATION_RESTORED,
    FaultKind.DISK_FULL,
    FaultKind.IO_ERROR,
    FaultKind.CLOCK_FORWARD,
    FaultKind.CLOCK_BACK,
    FaultKind.TWIN_STATION,
    FaultKind.UNIT_TWICE,
)
"""They take a round of their own, with light ones around them."""
