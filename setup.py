"""What pyproject.toml cannot say: a wheel is built only of pages that are dressed."""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

BUILT = Path(__file__).parent / "gateway" / "web" / "pages" / "static" / "built"
# What assets/build writes, the first and the last of it among them.
DRESSED = ("headrow.css", "nhsuk-frontend.js", "accessible-autocomplete.js", "headrow.js")


class BuildDressed(build_py):
    """Collects what goes into the wheel. What runs from its folder may be dressed later."""

    def run(self) -> None:
        """Refuse to build a product whose pages would come without their styles."""
        missing = [name for name in DRESSED if not (BUILT / name).is_file()]
        if missing and not self.editable_mode:
            raise SystemExit(
                f"Not built: gateway/web/pages/static/built lacks {', '.join(missing)}. "
                "Run `make wheel`, which has the pages dressed first, or `assets/build PYTHON` with a Python of yours."
            )
        super().run()


setup(cmdclass={"build_py": BuildDressed})
