"""Source -> Facts: reading a function, and writing down what is left of it. Decides nothing."""
