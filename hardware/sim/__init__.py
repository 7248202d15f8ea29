"""Simulated devices for a station without hardware: the demo, benchmarks and tests use them."""
