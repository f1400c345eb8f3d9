"""Loss at every position of the context while small language models learn: how the tables were measured."""
