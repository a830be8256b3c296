"""Names of people in the middle of our sentences, in whichever writing they are."""

from markupsafe import Markup, escape

from services.runtime.visible_text import reads_from_right_to_left


def isolated(name: str | None) -> Markup:
    """Return a name that leaves what stands beside it where it is: `<bdi>` around one that reads from right to left."""
    return Markup("<bdi>{}</bdi>").format(name) if reads_from_right_to_left(name or "") else escape(name)
