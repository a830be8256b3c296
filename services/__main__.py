"""The `headrow` command."""

import sys

from services.runtime.monkey_patch import monkey_patch

monkey_patch()  # before anything else is imported

from services.headrow.command_line import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main())
