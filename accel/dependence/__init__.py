"""Whether iterations of a loop touch the same elements of arrays, told from the syntax alone."""
