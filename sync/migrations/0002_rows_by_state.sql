-- What is asked for by state is found without reading past the rows of other states: after a month offline those
-- are a million.
CREATE INDEX outbox_sent ON outbox (position) WHERE state = 'SENT';
CREATE INDEX outbox_settled ON outbox (position) WHERE state = 'SETTLED';
CREATE INDEX outbox_holds_subject ON outbox_holds (subject, place);
