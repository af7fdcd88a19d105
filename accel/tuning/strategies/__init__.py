"""Ways to search a space, by name: a file and a row each."""
