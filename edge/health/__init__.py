"""Is everything in order? One check a file; each answers ok, warning or failed, and what to do next.

A check never raises and never changes anything: `darkstore doctor` runs it before the start, the station's
status page while it works. What it says is a code in the catalogues (`edge/station/locales/en/health.json`).
"""
