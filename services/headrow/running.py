"""Runs a command that was understood, and says how it ended."""

import os
import sys
from argparse import Namespace
from importlib import import_module

from services.headrow.errors import CannotRun, NoMailbox
from services.runtime.refusals import Invalid, Refusal
from services.runtime.settings import Settings, WrongSetting


def run_command(given: Namespace) -> int:
    """Run it, and return its exit status: 0 done, 1 refused or failed.

    What it writes can be read by the user that it runs as, and by no other on the machine.
    """
    umask = os.umask(0o077)
    try:
        settings = Settings.from_environment(
            data=given.data, host=getattr(given, "host", None), port=getattr(given, "port", None)
        )
        module, _, name = given.run.partition(".")
        command = getattr(import_module(f"services.headrow.{module}"), name)
        return int(command(settings, given) or 0)
    except Invalid as refusal:
        for error in refusal.errors:
            print(f"headrow: {error['field']}: {error['message']}", file=sys.stderr)
    except (Refusal, WrongSetting, CannotRun, NoMailbox) as error:
        print(f"headrow: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()
    finally:
        os.umask(umask)
    return 1
