"""Power cuts by enumeration: what may a cut at any moment leave on the disk, and does the station cope?

A shift is played against the real station under `strace`, which writes down each call that changes a file or
forces one to the disk (`recording`, `trace_calls`, `trace_reading`). From these a model of the disk knows, at
each moment, what was certainly on the medium and what was still on its way (`disk_model`). A cut may leave
any part of the latter: any subset, any 512-byte sector, in any order (`disk_states`). Each such state is
written out (`materialising`), the station's own start-up runs on it, and a checker compares with what the
station had shown and published by then (`obligations`, `checking`).
"""
