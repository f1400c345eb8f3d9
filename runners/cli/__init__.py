"""The command line: one module a command; `runners.cli.main` puts them together."""
