"""runners make it happen: one loop, its backends, the journal, job files, and the command line."""
