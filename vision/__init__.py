"""Pictures in, findings out: decoding, quality, the item's place, damage, barcodes. See docs/vision.md."""
