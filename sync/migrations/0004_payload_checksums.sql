-- A flipped bit inside a text passes SQLite's integrity check. What is sent to the OMS must be what was committed, so
-- its bytes carry a checksum (CRC-32). NULL: written before this step.
ALTER TABLE outbox_payloads ADD COLUMN checksum INTEGER;
