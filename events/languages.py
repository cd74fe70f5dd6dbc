"""The language of a page or a mail, the names of languages, and how to ask for another one."""

from collections.abc import Iterable
from typing import Any, NamedTuple
from unicodedata import normalize

from django.conf import settings
from django.conf.locale import LANG_INFO
from django.utils.translation import get_language

from events.dates_text import babel_locale

# Each line in its own language and spelling, since its reader may know no other. The office's
# phone number or mail address follows.
ASK_LINES = {
    "en": "Do you need this in English? Contact us:",
    "es": "¿Necesita esto en español? Comuníquese con nosotros:",
    "ar": "هل تحتاج إلى هذا باللغة العربية؟ اتصل بنا:",
    "de": "Brauchen Sie dies auf Deutsch? Kontakt:",
    "fa": "آیا این را به فارسی نیاز دارید؟ با ما تماس بگیرید:",
    "fr": "Vous avez besoin de ceci en français ? Contactez-nous :",
    "hi": "क्या आपको यह हिन्दी में चाहिए? हमसे संपर्क करें:",
    "hy": "Ձեզ սա հայերե՞ն է պետք։ Կապվեք մեզ հետ՝",
    "it": "Le serve in italiano? Ci contatti:",
    "ja": "日本語が必要な方はご連絡ください：",
    "ko": "한국어가 필요하시면 연락해 주세요:",
    "pl": "Potrzebujesz tego po polsku? Skontaktuj się z nami:",
    "pt": "Precisa disto em português? Fale conosco:",
    "ru": "Нужно на русском языке? Свяжитесь с нами:",
    "tl": "Kailangan mo ba ito sa Tagalog? Makipag-ugnayan sa amin:",
    "uk": "Потрібно українською? Зв’яжіться з нами:",
    "vi": "Quý vị cần nội dung này bằng tiếng Việt? Hãy liên hệ:",
    "zh-hans": "需要中文（简体）版本？请联系我们：",
    "zh-hant": "需要中文（繁體）版本？請聯絡我們：",
}
RIGHT_TO_LEFT = {"ar", "fa", "he", "ps", "ur", "yi"}
# Languages that neither Django nor CLDR names as their speakers here write them.
OWN_NAMES = {
    "ase": "American Sign Language (ASL)",
    "asl": "American Sign Language (ASL)",
    "tl": "Tagalog",
    "hmn": "Hmoob",
}


def language_in_use() -> str:
    """Return the language of what is written now, or the site's where none is active."""
    return get_language() or settings.LANGUAGE_CODE


class AskLine(NamedTuple):
    """One line of the footer, in its own language."""

    code: str
    name: str
    direction: str
    text: str  #: ends where the office's phone number or address follows


def local_name(row: Any) -> str:
    """Return the name of a topic or a role in the language in use (uses a prefetch)."""
    name: str = row.in_language(language_in_use()).name
    return name


def other_languages(first: str, *known: Iterable[str]) -> list[str]:
    """Return the languages that a form has a version for besides the ``first``, each once."""
    codes = [code for codes in known for code in codes]
    return list(dict.fromkeys(code for code in codes if code != first))


def own_name(code: str) -> str:
    """Return a language's name as its speakers write it: "Español", "中文 (简体)"."""
    if code in OWN_NAMES:
        return OWN_NAMES[code]
    name = LANG_INFO.get(code, {}).get("name_local")
    if not name:
        locale = babel_locale(code)
        name = locale.get_display_name(locale) if locale.language == code.split("-")[0] else code
    # Django's own table spells some names with combining accents, which few fonts draw well.
    return normalize("NFC", f"{name[:1].upper()}{name[1:]}")


def ask_line(code: str) -> AskLine:
    """Return how to ask for a language, in it; for one not in the table, its name alone."""
    name = own_name(code)
    direction = "rtl" if code.split("-")[0] in RIGHT_TO_LEFT else "ltr"
    return AskLine(code, name, direction, ASK_LINES.get(code, f"{name}:"))
