"""Benchmarks: how fast, each figure beside its floor (the bare library doing the same) in the same run.

An absolute figure says more about the machine than about us; the ratio to the floor is what can be compared.
"""
