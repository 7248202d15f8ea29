-- From which confidence the station may decide alone, by model and policy pack; the newest row of each counts.
CREATE TABLE calibration (
    calibration_id INTEGER PRIMARY KEY,
    model_sha256 TEXT NOT NULL,
    policy TEXT NOT NULL,                -- the pack's name
    standing TEXT NOT NULL,              -- calibrated, uncalibrated, tightened, alarmed
    threshold REAL,                      -- NULL: a person is always asked
    body TEXT NOT NULL,                  -- figures, and what later returns are compared with
    at TEXT NOT NULL
);
CREATE INDEX calibration_newest ON calibration (model_sha256, policy, calibration_id);

-- What a person said of stored pictures before the model's answer was shown.
CREATE TABLE second_look (
    inspection_id TEXT PRIMARY KEY REFERENCES inspection(inspection_id),
    grade TEXT NOT NULL,
    kinds TEXT NOT NULL,                 -- JSON list of defect kinds
    looked_at TEXT NOT NULL,
    looked_by TEXT
);
