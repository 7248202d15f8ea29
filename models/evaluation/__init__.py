"""How a package scores on a shop's own pictures; so far `models/training/measure.py` alone measures."""
