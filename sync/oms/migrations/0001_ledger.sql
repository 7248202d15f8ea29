-- What the receiver has answered for good. `id` alone tells a repetition.
CREATE TABLE events (
    id            TEXT PRIMARY KEY,
    site          TEXT NOT NULL,
    station       TEXT NOT NULL,
    epoch         TEXT NOT NULL,
    sequence      INTEGER NOT NULL,
    subject       TEXT NOT NULL,
    type          TEXT NOT NULL,
    status        TEXT NOT NULL CHECK (status IN ('applied', 'rejected')),
    exception     TEXT,
    reason        TEXT,
    field         TEXT,
    inspection_id TEXT,
    movements     TEXT,              -- as stated by the event, JSON; what a later correction takes back
    corrected_by  TEXT,              -- the correction that took this event back
    replaced_by   TEXT,              -- the event that repaired this rejected one
    payload       BLOB,              -- of rejected events only, for whoever looks into it
    answered_at   TEXT NOT NULL
) WITHOUT ROWID;

CREATE UNIQUE INDEX events_sequence ON events (site, station, epoch, sequence);
CREATE INDEX events_to_look_into ON events (site, station, epoch, sequence)
    WHERE status = 'rejected' OR exception IS NOT NULL;

-- Double entry: each movement takes from one account and gives to another; all postings of an article sum to zero.
-- Accounts are the contract's stock states, `SHORTFALL` (moved, but it was no longer there) and `SOLD`.
CREATE TABLE postings (
    event_id TEXT NOT NULL,
    entry    INTEGER NOT NULL,
    site     TEXT NOT NULL,
    item     TEXT NOT NULL,
    lot      TEXT,
    account  TEXT NOT NULL,
    place    TEXT,
    quantity TEXT NOT NULL,          -- exact decimal, signed
    unit     TEXT NOT NULL,
    PRIMARY KEY (event_id, entry)
) WITHOUT ROWID;

CREATE TABLE balances (
    site     TEXT NOT NULL,
    item     TEXT NOT NULL,
    account  TEXT NOT NULL,
    unit     TEXT NOT NULL,
    quantity TEXT NOT NULL,
    PRIMARY KEY (site, item, account, unit)
) WITHOUT ROWID;

-- Each inspected unit: against which line it counts, and where its goods are now.
CREATE TABLE inspections (
    inspection_id TEXT PRIMARY KEY,
    site          TEXT NOT NULL,
    return_id     TEXT NOT NULL,     -- as the station named it
    line_id       TEXT,
    counts_return TEXT NOT NULL,     -- the return that it counts against; differs for a matched blind return
    counts_line   TEXT,              -- NULL: counts against no line
    item          TEXT NOT NULL,
    unit_kind     TEXT NOT NULL,
    unit_value    TEXT,
    quantity      TEXT NOT NULL,
    unit          TEXT NOT NULL,
    excess        TEXT NOT NULL,     -- part of the quantity that was not expected
    active        INTEGER NOT NULL,  -- 0 after an undo: as though never inspected
    holdings      TEXT NOT NULL      -- JSON: where each part of it is now
) WITHOUT ROWID;

CREATE INDEX inspections_return ON inspections (counts_return);

-- Highest sequence up to which every event has a final answer.
CREATE TABLE marks (
    site       TEXT NOT NULL,
    station    TEXT NOT NULL,
    epoch      TEXT NOT NULL,
    through    INTEGER NOT NULL,
    through_id TEXT,
    PRIMARY KEY (site, station, epoch)
) WITHOUT ROWID;

-- What a station's births say of its epochs.
CREATE TABLE epochs (
    site    TEXT NOT NULL,
    station TEXT NOT NULL,
    epoch   TEXT NOT NULL,
    last    INTEGER NOT NULL,
    PRIMARY KEY (site, station, epoch)
) WITHOUT ROWID;

CREATE TABLE lost_sequences (
    site    TEXT NOT NULL,
    station TEXT NOT NULL,
    epoch   TEXT NOT NULL,
    first   INTEGER NOT NULL,
    last    INTEGER NOT NULL,
    PRIMARY KEY (site, station, epoch, first)
) WITHOUT ROWID;

-- A return whose event was answered `retry` or `rejected`: later events of it wait.
CREATE TABLE held_subjects (
    site     TEXT NOT NULL,
    station  TEXT NOT NULL,
    subject  TEXT NOT NULL,
    event_id TEXT NOT NULL,          -- the event that must be settled first
    epoch    TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    why      TEXT NOT NULL CHECK (why IN ('retry', 'rejected')),
    waiting  TEXT NOT NULL,          -- JSON: {event id: times it was answered `retry`}
    PRIMARY KEY (site, station, subject)
) WITHOUT ROWID;

-- Received messages that could not be answered, because nothing in them says whose they are.
CREATE TABLE quarantine (
    id          INTEGER PRIMARY KEY,
    topic       TEXT NOT NULL,
    reason      TEXT NOT NULL,
    payload     BLOB NOT NULL,
    received_at TEXT NOT NULL
);

-- The streams that stations follow.
CREATE TABLE streams (
    site      TEXT NOT NULL,
    stream    TEXT NOT NULL CHECK (stream IN ('expected', 'reference')),
    stream_id TEXT NOT NULL,
    offset    INTEGER NOT NULL,
    published INTEGER NOT NULL,
    PRIMARY KEY (site, stream)
) WITHOUT ROWID;

CREATE TABLE stream_items (
    site   TEXT NOT NULL,
    stream TEXT NOT NULL,
    key    TEXT NOT NULL,
    offset INTEGER NOT NULL,
    body   TEXT NOT NULL,            -- the item as JSON, without its offset
    PRIMARY KEY (site, stream, key)
) WITHOUT ROWID;

CREATE UNIQUE INDEX stream_items_offset ON stream_items (site, stream, offset);

-- The same returns, as the counting rules look at them.
CREATE TABLE expected_lines (
    return_id TEXT NOT NULL,
    line_id   TEXT NOT NULL,
    item      TEXT NOT NULL,
    gtin      TEXT,
    quantity  TEXT NOT NULL,
    unit      TEXT NOT NULL,
    PRIMARY KEY (return_id, line_id)
) WITHOUT ROWID;

CREATE TABLE expected_references (
    kind      TEXT NOT NULL,
    value     TEXT NOT NULL,
    return_id TEXT NOT NULL,
    PRIMARY KEY (kind, value, return_id)
) WITHOUT ROWID;

CREATE INDEX expected_references_return ON expected_references (return_id);

-- Returns that arrived; a blind one gets `matched` when the OMS learns which return it was.
CREATE TABLE arrivals (
    return_id       TEXT PRIMARY KEY,
    site            TEXT NOT NULL,
    reference_kind  TEXT NOT NULL,
    reference_value TEXT NOT NULL,
    provisional     INTEGER NOT NULL,
    matched         TEXT,
    received_at     TEXT NOT NULL
) WITHOUT ROWID;

CREATE INDEX arrivals_unmatched ON arrivals (reference_kind, reference_value)
    WHERE provisional = 1 AND matched IS NULL;

CREATE TABLE products (
    gtin TEXT PRIMARY KEY,
    sku  TEXT NOT NULL
) WITHOUT ROWID;
