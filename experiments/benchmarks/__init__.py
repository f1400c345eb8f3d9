"""Benchmarks: each module with a function `sections()` is one; `python -m experiments.benchmarks` runs all."""
