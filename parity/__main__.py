"""``python -m parity`` is the command ``truefill``."""

import sys

from parity.cli import main

if __name__ == "__main__":
    sys.exit(main())
