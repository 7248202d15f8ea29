"""Cameras: each in a process of its own, newest picture only, with the time at which it was taken."""
