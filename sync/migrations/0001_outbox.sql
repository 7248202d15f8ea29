-- What this station owes the OMS, and what it keeps of the OMS's own streams.

-- One row per run of the station process. `last_sequence` grows with each event, in the event's own transaction,
-- so that a salvage can name each event that was lost.
CREATE TABLE epochs (
    epoch         TEXT NOT NULL PRIMARY KEY,   -- "000012-9f3ac1": counter and random
    counter       INTEGER NOT NULL,
    started_at    TEXT NOT NULL,
    last_sequence INTEGER NOT NULL DEFAULT 0,
    removed_to    INTEGER NOT NULL DEFAULT 0   -- sequences up to here were settled, kept their time, and removed
);

-- Events in the order of their commit (`position`). `place` orders a subject's events: its own position, or that of
-- the dead letter which it replaces. The envelope lies in `outbox_payloads`, so that a change of state stays small.
CREATE TABLE outbox (
    position     INTEGER PRIMARY KEY,
    message_id   TEXT NOT NULL UNIQUE,
    site         TEXT NOT NULL,
    station      TEXT NOT NULL,                -- another one's for imported events
    epoch        TEXT NOT NULL,
    sequence     INTEGER NOT NULL,
    type         TEXT NOT NULL,
    subject      TEXT NOT NULL,
    place        INTEGER NOT NULL,
    replaces     TEXT,
    committed_at TEXT NOT NULL,
    state        TEXT NOT NULL DEFAULT 'PENDING'
                 CHECK (state IN ('PENDING', 'SENT', 'SETTLED', 'DEAD')),
    attempts     INTEGER NOT NULL DEFAULT 0,   -- refusals and `retry` answers so far
    status       TEXT,                         -- the OMS's last answer: applied, duplicate, retry, rejected, through
    exception    TEXT,                         -- applied, but somebody must look: over_received, shortfall, ...
    reason       TEXT,                         -- why: the OMS's sentence, or the broker's refusal
    answered_at  TEXT
);

CREATE UNIQUE INDEX outbox_sequence ON outbox (epoch, sequence, station, site);
CREATE INDEX outbox_owed ON outbox (position) WHERE state IN ('PENDING', 'SENT');
CREATE INDEX outbox_owed_by_subject ON outbox (subject, place, position) WHERE state IN ('PENDING', 'SENT');
CREATE INDEX outbox_dead ON outbox (position) WHERE state = 'DEAD';
CREATE INDEX outbox_replaces ON outbox (replaces) WHERE replaces IS NOT NULL;

CREATE TABLE outbox_payloads (
    position INTEGER PRIMARY KEY REFERENCES outbox (position) ON DELETE CASCADE,
    envelope BLOB NOT NULL                     -- the exact bytes that are published
);

-- How many rows are in each state: counting a million rows is too dear for a page that asks every second.
CREATE TABLE outbox_counts (
    state TEXT NOT NULL PRIMARY KEY,
    total INTEGER NOT NULL
);
INSERT INTO outbox_counts (state, total) VALUES ('PENDING', 0), ('SENT', 0), ('SETTLED', 0), ('DEAD', 0);

-- A rejected event holds back the later events of its subject until it is replaced or released.
CREATE TABLE outbox_holds (
    message_id TEXT NOT NULL PRIMARY KEY,
    subject    TEXT NOT NULL,
    place      INTEGER NOT NULL,
    since      TEXT NOT NULL
);

-- Sequences that a salvage could not bring back; named in the birth.
CREATE TABLE lost_sequences (
    epoch TEXT NOT NULL,
    first INTEGER NOT NULL,
    last  INTEGER NOT NULL,
    PRIMARY KEY (epoch, first)
);

-- How far each stream of the OMS has been taken in.
CREATE TABLE streams (
    stream      TEXT NOT NULL PRIMARY KEY,     -- "expected", "reference"
    generation  TEXT,                          -- a rebuilt stream has another one
    last_offset INTEGER NOT NULL DEFAULT 0,
    updated_at  TEXT NOT NULL
);

-- Received messages that could not be used.
CREATE TABLE quarantine (
    id          INTEGER PRIMARY KEY,
    received_at TEXT NOT NULL,
    topic       TEXT NOT NULL,
    reason      TEXT NOT NULL,
    detail      TEXT NOT NULL,
    size        INTEGER NOT NULL,              -- bytes as received
    payload     BLOB NOT NULL                  -- the first bytes, up to the cap
);
