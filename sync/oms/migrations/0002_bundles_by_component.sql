-- A bundle is received by component: each of its parts is counted for itself.
ALTER TABLE expected_lines ADD COLUMN components TEXT;  -- JSON as in the contract; NULL where it is no bundle
ALTER TABLE inspections ADD COLUMN component TEXT;      -- the part of the line that it counts for; NULL: the whole

UPDATE expected_lines SET components = (
    SELECT json_extract(line.value, '$.components')
    FROM stream_items, json_each(stream_items.body, '$.expected.lines') AS line
    WHERE stream_items.stream = 'expected'
        AND stream_items.key = expected_lines.return_id
        AND json_extract(line.value, '$.line_id') = expected_lines.line_id
);
