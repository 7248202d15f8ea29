"""The examples in the hardware package's documentation hold."""

import doctest
import importlib

import pytest


@pytest.mark.parametrize(
    "module",
    [
        "hardware.backoff",
        "hardware.cameras.jpeg_header",
        "hardware.cameras.taken_at",
        "hardware.scanners.decoding",
        "hardware.scanners.framing",
    ],
)
def test_examples(module):
    result = doctest.testmod(importlib.import_module(module))
    assert result.attempted > 0
    assert result.failed == 0
