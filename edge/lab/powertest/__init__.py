"""Does a device keep what it has confirmed? Somebody pulls the plug, and a second machine knows the truth.

A disk can lie: it says that data is safe while it lies in a cache that dies with the power. No program on the
device can find that out, so a *witness* on another machine is told of each commit after it was confirmed
(`writing`, `witness`), and after the cut the device is compared with what the witness heard (`verifying`).
"""
