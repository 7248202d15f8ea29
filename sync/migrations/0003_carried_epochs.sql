-- Runs of other stations whose outbox was imported here; the birth names them, so that the OMS knows why their events
-- come through this station.
CREATE TABLE carried_epochs (
    site          TEXT NOT NULL,
    station       TEXT NOT NULL,
    epoch         TEXT NOT NULL,
    last_sequence INTEGER NOT NULL,
    lost          TEXT NOT NULL DEFAULT '[]',  -- JSON: [[first, last], ...] that a salvage there could not bring back
    PRIMARY KEY (site, station, epoch)
);

INSERT INTO carried_epochs (site, station, epoch, last_sequence)
SELECT site, station, epoch, max(sequence) FROM outbox WHERE epoch NOT IN (SELECT epoch FROM epochs)
GROUP BY site, station, epoch;
