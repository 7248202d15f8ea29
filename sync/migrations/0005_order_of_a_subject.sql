-- Each event names the one before it about the same return.
CREATE INDEX outbox_subject ON outbox (subject, place, position);
