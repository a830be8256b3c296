"""Texts of one line that others see, such as names: something in them can be seen, and they turn nothing round."""

import re
import unicodedata
from typing import Final

# Embeddings, overrides and isolates (UAX 9): one that is not closed turns round whatever stands after the text.
TURNS: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
# At the ends of a text they do nothing. Inside, U+200C and U+200D are letters of Persian, Hindi and others.
UNSEEN: Final = "\u00ad\u034f\u180e\u200b-\u200d\u2060-\u2064\ufeff"
AT_ITS_ENDS: Final = re.compile(rf"\A[\s{UNSEEN}]+|[\s{UNSEEN}]+\Z")
BLANK: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters and signs by name, of which nothing is seen


def tidy(text: str) -> str:
    """Return the text without what is unseen at its ends, and without controls that turn text round.

    Where nothing is left that can be seen but marks, they stay: see `is_visible`.
    """
    return AT_ITS_ENDS.sub("", TURNS.sub("", text))


def reads_from_right_to_left(text: str) -> bool:
    """Say whether any of it does: then what stands beside it on a line may change places, as with Arabic and Hebrew."""
    return any(unicodedata.bidirectional(c) in ("R", "AL", "AN") for c in text)


def is_visible(text: str) -> bool:
    """Say whether any of it can be seen: it has more than spaces, controls and marks that stand on a letter."""
    return any(unicodedata.category(c)[0] not in "CMZ" and c not in BLANK for c in text)


def caseless(text: str) -> str:
    """Return what is the same for all texts that differ in case and spaces only."""
    return " ".join(text.casefold().split())
