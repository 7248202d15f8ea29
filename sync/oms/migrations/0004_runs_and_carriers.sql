-- Offsets that this ledger never gave: each run of the receiver begins its streams beyond a gap of its own, so that a
-- station which stands in one must have got its offset from a life of the stream that a restored ledger has forgotten.
CREATE TABLE stream_gaps (
    site   TEXT NOT NULL,
    stream TEXT NOT NULL,
    first  INTEGER NOT NULL,
    last   INTEGER NOT NULL,
    PRIMARY KEY (site, stream, first)
) WITHOUT ROWID;

-- Epochs of other stations whose outbox was imported at a station, as its last birth names them.
CREATE TABLE carried (
    site    TEXT NOT NULL,
    carrier TEXT NOT NULL,
    station TEXT NOT NULL,
    epoch   TEXT NOT NULL,
    last    INTEGER NOT NULL,
    PRIMARY KEY (site, carrier, station, epoch)
) WITHOUT ROWID;
