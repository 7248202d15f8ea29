"""From what was seen of a unit to its grade, its disposition and the rules that said so.

Pure: no I/O, no clock.
"""
