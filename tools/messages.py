"""Keeps the translations in step with the sources, with Babel alone: no gettext programs.

messages.py update    writes new texts into the .po files, drops unused ones, compiles
messages.py compile   compiles them
messages.py check     names what is missing, unsure, broken or out of step; status 1 if anything
"""

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
CATALOGUES = ROOT / "config" / "locale"
# The languages that the interface speaks in full, besides the English of the sources.
LANGUAGES = ("es",)
APPS = ("config", "events", "volunteers", "notifications")
TEMPLATES = (".html", ".txt", ".xml", ".atom")
# Django's lazy functions take the same arguments as gettext's own.
KEYWORDS = DEFAULT_KEYWORDS | {
    f"{name}_lazy": DEFAULT_KEYWORDS[name]
    for name in ("gettext", "ngettext", "pgettext", "npgettext")
}
KEYWORDS["gettext_noop"] = KEYWORDS["_lazy"] = None
# What a file calls one of them: "from django.utils.translation import gettext as now".
RENAMED = re.compile(r"\b(\w*gettext\w*) as (\w+)")


def sources() -> Iterator[Path]:
    """Yield the files that may hold texts for people."""
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*")):
            parts = path.relative_to(ROOT).parts
            is_template = "templates" in parts and path.suffix in TEMPLATES
            is_code = path.suffix == ".py" and "migrations" not in parts
            if is_template or is_code:
                yield path


def extracted() -> Catalog:
    """Return every text of the sources, with the files it stands in and its translators' notes."""
    catalog = Catalog(domain="django", fuzzy=False)
    for path in sources():
        name = path.relative_to(ROOT).as_posix()
        text = path.read_text(encoding="utf-8")
        if path.suffix != ".py":
            # Django turns a template into calls of gettext amid blanked-out words. Its indentation
            # means nothing, and would confuse a reader of Python.
            text = "\n".join(line.strip() for line in templatize(text, name).splitlines())
        renamed = {name: function for function, name in RENAMED.findall(text)}
        names = [*KEYWORDS, *renamed]
        for line, name_used, found, comments in extract_python(
            io.BytesIO(text.encode()), names, ["Translators:"], {"encoding": "utf-8"}
        ):
            message, context = _message(renamed.get(name_used, name_used), found)
            if message:
                catalog.add(
                    message, locations=[(name, line)], auto_comments=comments, context=context
                )
    return catalog


def _message(function: str, found: object) -> tuple[str | tuple[str, ...], str | None]:
    """Return the text (or singular and plural) and the context of a call of gettext."""
    values = list(found) if isinstance(found, tuple) else [found]
    context = values.pop(0) if "pgettext" in function else None
    texts = values[: 2 if "ngettext" in function or "npgettext" in function else 1]
    if not texts or not all(isinstance(text, str) and text for text in texts):
        return "", None
    return (texts[0] if len(texts) == 1 else tuple(texts)), context


def translations() -> Iterator[tuple[Path, Catalog]]:
    """Yield the .po files and what they hold; one that is not there yet holds nothing."""
    for language in LANGUAGES:
        path = CATALOGUES / language / "LC_MESSAGES" / "django.po"
        if path.exists():
            with path.open("rb") as file:
                yield path, read_po(file, locale=language, domain="django")
        else:
            yield path, Catalog(locale=language, domain="django", project="Plazuela", fuzzy=False)


def compile_all() -> None:
    for path, catalog in translations():
        if path.exists():
            with path.with_suffix(".mo").open("wb") as file:
                write_mo(file, catalog)


def update() -> None:
    template = extracted()
    for path, catalog in translations():
        creation_date = catalog.creation_date
        # Never a guess from a similar text: it would be right often enough to be trusted.
        catalog.update(template, no_fuzzy_matching=True)
        catalog.creation_date = creation_date
        catalog.obsolete.clear()
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            write_po(file, catalog, width=100, sort_output=True, include_lineno=False)
        missing = sum(1 for message in catalog if message.id and not _is_translated(message))
        print(f"{path.relative_to(ROOT)}: {len(catalog)} texts, {missing} without a translation")
    compile_all()


def check() -> int:
    """Return how many things are wrong, having named each."""
    template = {(message.id, message.context) for message in extracted() if message.id}
    problems: list[str] = []
    for path, catalog in translations():
        name = path.relative_to(ROOT)
        known = {(message.id, message.context) for message in catalog if message.id}
        for what, texts in (("not in it", template - known), ("no longer used", known - template)):
            problems += [f"{name}: {what} (make messages): {_short(text)}" for text, _ in texts]
        for message in catalog:
            if message.id and not _is_translated(message):
                problems.append(f"{name}: no translation: {_short(message.id)}")
            if message.id and message.fuzzy:
                problems.append(f"{name}: marked fuzzy: {_short(message.id)}")
        for message, errors in catalog.check():
            problems += [f"{name}: {error}: {_short(message.id)}" for error in errors]
    print("\n".join(sorted(problems)))
    return len(problems)


def _is_translated(message: Message) -> bool:
    texts = message.string if isinstance(message.string, (list, tuple)) else [message.string]
    return bool(texts) and all(texts)


def _short(text: str | tuple[str, ...]) -> str:
    first = text if isinstance(text, str) else text[0]
    return repr(first if len(first) <= 70 else first[:67] + "…")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["update"]:
            update()
        case ["compile"]:
            compile_all()
        case ["check"]:
            sys.exit(1 if check() else 0)
        case _:
            sys.exit(__doc__)
