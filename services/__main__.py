"""The `headrow` command."""

import sys

from services.bus.green import make_green

make_green()  # before anything else is imported

from services.command_line import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main())
