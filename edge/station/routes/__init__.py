"""The station's routes, one file a part of the work: check what came in, call the work, no more."""
