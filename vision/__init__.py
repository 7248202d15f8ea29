"""Pictures in, findings out: decoding, picture quality, the item's place, damage, barcodes. See docs/vision.md."""
