"""A shift at a returns desk, written down: what is sold, what comes back, what the staff do about it.

The same seed and number of returns always give the same shift, so that a killed one can be resumed and two
can be compared. Brands are made up; the barcodes carry GS1 India's prefix and correct check digits.
"""
