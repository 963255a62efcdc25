"""Measurements, one script a question; run from the root, as `python -m benchmarks.engine`."""
