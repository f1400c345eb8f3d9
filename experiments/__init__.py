"""Code that runs: job files, benchmarks, reproductions. Imported by nothing."""
