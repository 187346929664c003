"""Measures edgeroll-control against a simulated fleet (docs/bench.md)."""
