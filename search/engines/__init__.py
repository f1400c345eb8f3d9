"""The engines, one module each; `search.factory` makes them by name."""
