"""What the community lets go of by itself, and when: each rule is a period of `services/runtime/retention.py`."""

from typing import Final

from services.bus.keeping import Rule
from services.community import table_wishes
from services.community.models import Plan

RULES: Final = (Rule("table_wishes", Plan, table_wishes.over, table_wishes.let_go),)
