"""spaces say what may vary: parameters, conditions, and the one place where a config becomes a row."""
