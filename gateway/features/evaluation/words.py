"""What moments and kinds of questions are called."""

from typing import Final

MOMENTS: Final = {
    "before": "Before the session",
    "on_the_day": "On the day",
    "after_3_months": "After 3 months",
    "after_6_months": "After 6 months",
    "after_12_months": "After 12 months",
}
KINDS: Final = {
    "scale": "On a scale from 1 to 5",
    "choice": "With one of several options",
    "line": "In one line of their own",
    "text": "In a longer text of their own",
}
