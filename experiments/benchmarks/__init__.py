"""Benchmarks: modules with a function `sections()` are it; `python -m experiments.benchmarks` runs all."""
