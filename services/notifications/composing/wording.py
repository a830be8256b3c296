"""One language of our letters: its words from a gettext catalogue, its dates and times by CLDR, in the city's zone."""

from datetime import datetime
from functools import cache, cached_property, lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from services.notifications.models import Facts
from services.runtime.schemas import CITY

CATALOGUES = Path(__file__).parents[1] / "locale"
SOURCE = "en_GB"  # what the templates are written in


def languages() -> list[str]:
    """Return the languages that letters can be written in."""
    return sorted({SOURCE, *(catalogue.parts[-3] for catalogue in CATALOGUES.glob("*/LC_MESSAGES/letters.po"))})


@cache
def in_language(language: str) -> "Wording":
    """Return the wording of a language, for example `en_GB`. Raises ValueError where there is no catalogue of it."""
    if language == SOURCE:
        return Wording(language, NullTranslations())
    catalogue = CATALOGUES / language / "LC_MESSAGES" / "letters.po"
    if not catalogue.is_file():
        raise ValueError(f"there are no letters in {language!r}; there are in {', '.join(languages())}")
    return Wording(language, read(catalogue))


def read(catalogue: Path) -> GNUTranslations:
    """Return what a catalogue of gettext (.po) says; what it does not translate stays as it is."""
    compiled = BytesIO()
    with catalogue.open("rb") as file:
        write_mo(compiled, read_po(file))
    compiled.seek(0)
    return GNUTranslations(compiled)


class Wording:
    """`language` is a locale of CLDR."""

    def __init__(self, language: str, translations: NullTranslations) -> None:
        self.language, self.translations = language, translations
        self._meeting = lru_cache(2000)(self._meeting_in_words)  # letters of one session say the same again and again

    @cached_property
    def tag(self) -> str:
        """The language as HTML names it (BCP 47)."""
        return self.language.replace("_", "-")

    def moment(self, iso: str) -> str:
        """Return `Tuesday 9 March 2027, 9:30am` for an ISO 8601 time."""
        return self._moment(_local(iso))

    def day(self, iso: str) -> str:
        """Return `Tuesday 9 March 2027` for an ISO 8601 time."""
        return self._date(_local(iso))

    def time(self, iso: str) -> str:
        """Return `9:30am` for an ISO 8601 time."""
        return self._time(_local(iso))

    @staticmethod
    def grouped(code: str) -> str:
        """Return `0123 4567 8901` for a code of twelve digits; one of six as it is."""
        return " ".join(code[at : at + 4] for at in range(0, len(code), 4)) if len(code) > 6 else code

    def meeting(self, times: Facts) -> str:
        """Return `Tuesday 9 March 2027, 9:30am to 4:30pm` for `{starts_at, ends_at}`."""
        return self._meeting(times["starts_at"], times["ends_at"])

    def _meeting_in_words(self, starts_at: str, ends_at: str) -> str:
        start, end = _local(starts_at), _local(ends_at)
        until = self._time(end) if start.date() == end.date() else self._moment(end)
        _ = self.translations.gettext
        return _("%(start)s to %(end)s") % {"start": self._moment(start), "end": until}

    def _moment(self, local: datetime) -> str:
        _ = self.translations.gettext
        return _("%(date)s, %(time)s") % {"date": self._date(local), "time": self._time(local)}

    def _date(self, local: datetime) -> str:
        if self.language == SOURCE:  # CLDR puts a comma after the day of the week; the city's writing does not
            return str(format_date(local, "EEEE d MMMM y", locale=self.language))
        return str(format_skeleton("yMMMMEEEEd", local, locale=self._locale))

    def _time(self, local: datetime) -> str:
        _ = self.translations.gettext
        if local.minute == 0 and local.hour in (0, 12):  # 12am and 12pm are read either way
            return _("midday") if local.hour else _("midnight")
        if self.language == SOURCE:
            return str(format_time(local, "h:mma" if local.minute else "ha", locale=self.language))
        return str(format_time(local, "short", locale=self._locale))

    @cached_property
    def _locale(self) -> Locale:
        return Locale.parse(self.language)


def _local(iso: str) -> datetime:
    return datetime.fromisoformat(iso).astimezone(CITY)
