"""How many examples Hypothesis tries: all that a test asks for, or a fifth of them where one waits for the answer.

`make check` runs with `--hypothesis-profile=few`, `make test` with all.
"""

from hypothesis import settings

ALL = 100  # what Hypothesis tries of itself


def examples(number: int) -> int:
    """Return how many of so many examples to try in this run."""
    return max(5, number * settings.default.max_examples // ALL)
