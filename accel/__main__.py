"""`python -m accel` is the `accel` command."""

import sys

from accel.cli import main

if __name__ == "__main__":
    sys.exit(main())
