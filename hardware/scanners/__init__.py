"""Barcode scanners: text in, one `Scan` out for each read."""
