"""Which loops have iterations that do not depend on each other: read off the syntax tree."""
