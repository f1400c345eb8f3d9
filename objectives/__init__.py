"""objectives say what a configuration is worth: laws, budgets, exact optima, and what a job minimises."""
