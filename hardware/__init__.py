"""What is plugged into a station: cameras, scanners, and simulators of both.

This package knows nothing of returns. It gives pictures with the time at which they were taken
(`hardware.cameras`) and scanned text (`hardware.scanners`), says how each device is doing, and brings back
what was lost. `hardware.sim` stands in for devices on a station that has none.
"""
