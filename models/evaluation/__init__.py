"""How well the eyes see on pictures that they never saw, each figure beside what hiding the item leaves.

A folder of photographs betrays its labels in many ways: damaged units photographed on another day, on another
table, by another person. So every figure stands beside its floor, the same method with the item hidden, and
its interval comes from drawing whole groups (days, units, photographers), not single pictures.
"""
