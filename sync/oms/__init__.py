"""A reference OMS receiver: applies each stock movement exactly once, and says so after its commit.

An OMS engineer reads it as the worked example of `docs/integrate-your-oms.md`; the demo and the tests run it.

    applying.py   the rules: what becomes of one event
    holdings.py   where the goods of an inspection stand, and how they move
    counting.py   received against expected
    book.py       what the rules look at and change, in memory, for one batch
    ledger.py     the same on disk: one transaction a batch
    receiver.py   the threads: batches in, answers out after the commit
    streams.py    expected returns and reference data, with offsets
    reconcile.py  owed against applied
"""
