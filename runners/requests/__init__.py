"""Options of the commands that run no search, checked, and the answer computed: one module a command."""
