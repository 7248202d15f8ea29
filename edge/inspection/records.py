"""The rows in which the station keeps returns, inspections and what follows from them.

The tables are made by `migrations/`; what a column means is said there. Records stay inside the stores of
this package and of `edge/returns`: everybody else gets the domain's own types.
"""

from peewee import BooleanField, CompositeKey, FloatField, IntegerField, TextField

from sync.fields import Record, UtcField


class ReceivedReturnRecord(Record):
    """A return that arrived at this station."""

    return_id = TextField(primary_key=True)
    reference = TextField()
    blind = BooleanField()
    status = TextField()
    body = TextField()
    received_at = UtcField()
    received_by = TextField(null=True)
    closed_at = UtcField(null=True)

    class Meta:
        table_name = "received_return"


class InspectionRecord(Record):
    """One saved inspection."""

    inspection_id = TextField(primary_key=True)
    return_id = TextField()
    line_id = TextField(null=True)
    sku = TextField(null=True)
    gtin = TextField(null=True)
    name = TextField()
    unit = TextField()
    serial = TextField(null=True)
    quantity = TextField()
    uom = TextField()
    grade = TextField(null=True)
    disposition = TextField()
    place_id = TextField()
    state = TextField()
    message_id = TextField()
    policy_sha256 = TextField()
    model = TextField()
    body = TextField()
    decided_ms = FloatField(null=True)
    saved_at = UtcField()
    saved_by = TextField(null=True)
    put_away_place = TextField(null=True)

    class Meta:
        table_name = "inspection"


class EvidenceRecord(Record):
    """One stored picture of a saved inspection."""

    inspection_id = TextField()
    view = TextField()
    path = TextField()
    sha256 = TextField()
    size = IntegerField()
    width = IntegerField()
    height = IntegerField()
    reference_sha256 = TextField(null=True)
    shed_at = UtcField(null=True)

    class Meta:
        table_name = "evidence"
        primary_key = CompositeKey("inspection_id", "view")


class PolicyPackRecord(Record):
    """A policy pack as it was when first used, so that old decisions can be explained."""

    sha256 = TextField(primary_key=True)
    name = TextField()
    text = TextField()
    first_used_at = UtcField()

    class Meta:
        table_name = "policy_pack"


class HoldRecord(Record):
    """A unit that waits for a decision."""

    hold_id = TextField(primary_key=True)
    inspection_id = TextField()
    reason = TextField()
    place_id = TextField()
    owner = TextField()
    storage_class = TextField()
    deadline = UtcField()
    state = TextField()
    opened_at = UtcField()
    resolved_at = UtcField(null=True)
    resolved_by = TextField(null=True)

    class Meta:
        table_name = "hold"


class TaskRecord(Record):
    """Something the staff must do, because the OMS refused a message or found something odd."""

    task_id = TextField(primary_key=True)
    kind = TextField()
    message_id = TextField(null=True)
    inspection_id = TextField(null=True)
    code = TextField()
    params = TextField()
    place = TextField()
    owner = TextField()
    state = TextField()
    created_at = UtcField()
    done_at = UtcField(null=True)
    done_by = TextField(null=True)

    class Meta:
        table_name = "task"


class AuditRecord(Record):
    """Who did what, when, and whether the clock was right."""

    audit_id = IntegerField(primary_key=True)
    at = UtcField()
    clock_ok = BooleanField()
    who = TextField(null=True)
    action = TextField()
    subject = TextField()
    detail = TextField()

    class Meta:
        table_name = "audit"


class DraftRecord(Record):
    """The return in hand; one row."""

    slot = IntegerField(primary_key=True)
    body = TextField()
    written_at = UtcField()

    class Meta:
        table_name = "draft"


class UnreadScanRecord(Record):
    """A code that meant nothing to the station."""

    scan_id = IntegerField(primary_key=True)
    at = UtcField()
    scanner = TextField()
    text = TextField()
    reason = TextField()

    class Meta:
        table_name = "unread_scan"


class CalibrationRecord(Record):
    """From which confidence the station decided alone, since when."""

    calibration_id = IntegerField(primary_key=True)
    model_sha256 = TextField()
    policy = TextField()
    standing = TextField()
    threshold = FloatField(null=True)
    body = TextField()
    at = UtcField()

    class Meta:
        table_name = "calibration"


class SecondLookRecord(Record):
    """A person's grade of stored pictures, given before the model's answer was shown."""

    inspection_id = TextField(primary_key=True)
    grade = TextField()
    kinds = TextField()
    looked_at = UtcField()
    looked_by = TextField(null=True)

    class Meta:
        table_name = "second_look"
