"""The `headrow` command."""

import sys

from services.headrow.command_line import parser, run
from services.runtime.monkey_patch import monkey_patch


def main() -> int:
    """Run what the command line asks for; a line that is not understood is answered before anything is imported."""
    given = parser().parse_args()
    if given.green:
        monkey_patch()  # before anything else is imported
    return run(given)


if __name__ == "__main__":
    sys.exit(main())
