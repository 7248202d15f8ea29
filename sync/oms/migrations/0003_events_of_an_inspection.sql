-- Which event told of an inspection: asked when a blind return is matched long after. Without it that reads the
-- whole ledger.
CREATE INDEX events_inspection ON events (inspection_id) WHERE inspection_id IS NOT NULL;
