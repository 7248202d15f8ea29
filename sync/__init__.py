"""Durable delivery: what was committed here reaches the OMS, and what the OMS sends is kept here.

The core (database, outbox, relay, inbox, presence) carries envelopes whatever they hold; `sync/contract` says
what they hold; `sync/oms` is a reference receiver for the other end.
"""
