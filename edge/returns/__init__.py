"""What comes back.

Identifiers, expected returns, the catalogue, places, block lists. Pure, but for `store.py`.
"""
