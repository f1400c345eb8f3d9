"""One module per place work can run; the contract is `runners.backend`."""
