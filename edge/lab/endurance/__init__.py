"""Endurance: a long outage, and a fleet that comes back. See `docs/reliability.md`."""
