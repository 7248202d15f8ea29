-- What is asked for at each scan, each second or each round of minding, found without reading a year's records.
CREATE INDEX audit_newest ON audit (at) WHERE clock_ok = 1;
CREATE INDEX received_return_received ON received_return (received_at);
CREATE INDEX received_return_unfinished ON received_return (received_at) WHERE status <> 'CLOSED';
CREATE INDEX received_return_reference ON received_return (reference, received_at);
CREATE INDEX task_message ON task (message_id, kind) WHERE message_id IS NOT NULL;
