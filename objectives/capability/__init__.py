"""What a model can do instead of what it loses: planning with, searching under and fitting a law of MMLU."""
