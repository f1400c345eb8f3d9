"""Programs that run inside a peer's own environment, which `make peers` installs; none imports ours.

Each reads a CSV file of runs (columns n, tokens, loss) and prints one JSON object.
"""
