-- What the station knows and has done. Times are ISO 8601 UTC text; bodies are JSON of the package's own types.

-- The local copy that the OMS keeps filled.
CREATE TABLE expected_return (
    return_id TEXT PRIMARY KEY,
    state TEXT NOT NULL,                 -- EXPECTED, CANCELLED, CLOSED
    body TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
CREATE TABLE return_reference (
    reference TEXT NOT NULL,             -- RMA, order, shipment or bag number as scanned
    return_id TEXT NOT NULL REFERENCES expected_return(return_id) ON DELETE CASCADE,
    PRIMARY KEY (reference, return_id)
);
CREATE TABLE product (sku TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE product_gtin (gtin TEXT PRIMARY KEY, sku TEXT NOT NULL REFERENCES product(sku) ON DELETE CASCADE);
CREATE TABLE place (place_id TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE block (block_id TEXT PRIMARY KEY, gtin TEXT NOT NULL, body TEXT NOT NULL);
CREATE INDEX block_gtin ON block(gtin);

-- Returns that arrived here.
CREATE TABLE received_return (
    return_id TEXT PRIMARY KEY,
    reference TEXT NOT NULL,
    blind INTEGER NOT NULL,
    status TEXT NOT NULL,                -- OPEN, PARTIAL, CLOSED
    body TEXT NOT NULL,                  -- the expected return as it stood on arrival
    received_at TEXT NOT NULL,
    received_by TEXT,
    closed_at TEXT
);
CREATE INDEX received_return_status ON received_return(status, received_at);

-- One row for each saved inspection; never changed but for `state` and `put_away_place`.
CREATE TABLE inspection (
    inspection_id TEXT PRIMARY KEY,
    return_id TEXT NOT NULL REFERENCES received_return(return_id),
    line_id TEXT,
    sku TEXT,
    gtin TEXT,
    name TEXT NOT NULL,
    unit TEXT NOT NULL,                  -- what tells the unit apart: serial, unit label or count
    serial TEXT,
    quantity TEXT NOT NULL,
    uom TEXT NOT NULL,
    grade TEXT,
    disposition TEXT NOT NULL,
    place_id TEXT NOT NULL,
    state TEXT NOT NULL,                 -- SAVED, UNDONE, CORRECTED, RESOLVED
    message_id TEXT NOT NULL,            -- the event that the OMS was sent last about this unit
    policy_sha256 TEXT NOT NULL,
    model TEXT NOT NULL,
    body TEXT NOT NULL,                  -- observation, findings, decision, override: what replay needs
    decided_ms REAL,
    saved_at TEXT NOT NULL,
    saved_by TEXT,
    put_away_place TEXT
);
CREATE INDEX inspection_return ON inspection(return_id, line_id, state);
CREATE INDEX inspection_saved ON inspection(saved_at);
CREATE INDEX inspection_message ON inspection(message_id);

CREATE TABLE evidence (
    inspection_id TEXT NOT NULL REFERENCES inspection(inspection_id),
    view TEXT NOT NULL,
    path TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size INTEGER NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    reference_sha256 TEXT,               -- the empty-station picture it was compared with
    shed_at TEXT,                        -- removed for space, after the OMS had confirmed the inspection
    PRIMARY KEY (inspection_id, view)
);
CREATE TABLE policy_pack (sha256 TEXT PRIMARY KEY, name TEXT NOT NULL, text TEXT NOT NULL, first_used_at TEXT NOT NULL);

CREATE TABLE hold (
    hold_id TEXT PRIMARY KEY,
    inspection_id TEXT NOT NULL REFERENCES inspection(inspection_id),
    reason TEXT NOT NULL,
    place_id TEXT NOT NULL,
    owner TEXT NOT NULL,
    storage_class TEXT NOT NULL,         -- cold goods spoil at the deadline, others go one step up
    deadline TEXT NOT NULL,
    state TEXT NOT NULL,                 -- OPEN, RESOLVED, ESCALATED
    opened_at TEXT NOT NULL,
    resolved_at TEXT,
    resolved_by TEXT
);
CREATE INDEX hold_state ON hold(state, deadline);

CREATE TABLE task (
    task_id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,                  -- rejected, over_received, shortfall, hold_escalated, ...
    message_id TEXT,
    inspection_id TEXT,
    code TEXT NOT NULL,
    params TEXT NOT NULL,
    place TEXT NOT NULL,
    owner TEXT NOT NULL,
    state TEXT NOT NULL,                 -- OPEN, DONE
    created_at TEXT NOT NULL,
    done_at TEXT,
    done_by TEXT
);
CREATE INDEX task_state ON task(state, created_at);

CREATE TABLE audit (
    audit_id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    clock_ok INTEGER NOT NULL,
    who TEXT,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL
);
CREATE INDEX audit_subject ON audit(subject);

-- The return in hand, so that a restart shows the staff where they were. Owes nothing to the OMS.
CREATE TABLE draft (slot INTEGER PRIMARY KEY CHECK (slot = 1), body TEXT NOT NULL, written_at TEXT NOT NULL);

-- Codes that meant nothing to the station, kept for whoever sets up its patterns.
CREATE TABLE unread_scan (
    scan_id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    scanner TEXT NOT NULL,
    text TEXT NOT NULL,
    reason TEXT NOT NULL
);
