"""What the catalogue lets go of by itself, and when: each rule is a period of `services/runtime/retention.py`."""

from typing import Final

from services.bus.keeping import Rule
from services.catalogue.models import Import
from services.catalogue.sheets import undoing

RULES: Final = (Rule("catalogue_imports", Import, undoing.over, undoing.let_go),)
