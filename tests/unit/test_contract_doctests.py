"""The examples in the docstrings of the contract and the receiver are true."""

import doctest
import importlib
import pkgutil

import pytest

import sync.contract
import sync.oms

MODULES = sorted(
    found.name
    for package in (sync.contract, sync.oms)
    for found in pkgutil.walk_packages(package.__path__, package.__name__ + ".")
)


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0
