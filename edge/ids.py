"""Identifiers for inspections and messages: UUID version 7 (RFC 9562), which sort by the time they were made.

>>> new_id()[14]
'7'
"""

import os
import time
import uuid


def new_id() -> str:
    """Make a UUIDv7: 48 bits of Unix milliseconds, then random bits from the operating system."""
    milliseconds = time.time_ns() // 1_000_000 & (1 << 48) - 1
    random_bits = int.from_bytes(os.urandom(10), "big")
    value = milliseconds << 80 | random_bits
    value = value & ~(0xF << 76) | 0x7 << 76  # version 7
    value = value & ~(0x3 << 62) | 0x2 << 62  # RFC 9562 variant
    return str(uuid.UUID(int=value))
