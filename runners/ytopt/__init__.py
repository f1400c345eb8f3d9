"""A home for ytopt's problem files: they are loaded and run as they are."""
