"""What is wrong with a page's HTML, as far as its text alone tells.

html5lib reads as browsers do and names each place where the standard calls that an error: a tag
that is not closed, an attribute that is given twice, a part where it may not stand. What refers to
another part by its ``id`` is looked up here.
"""

from collections import Counter

from html5lib import HTMLParser
from html5lib.constants import E

#: Attributes that name the ids of other parts of the page.
REFERENCES = ("for", "form", "list", "aria-describedby", "aria-labelledby", "aria-controls")


def html_faults(html: str) -> list[str]:
    """Return what is wrong, each with the line where it stands, if it has one."""
    parser = HTMLParser(namespaceHTMLElements=False)
    root = parser.parse(html)
    lines = html.splitlines()
    found = []
    for (line, _column), code, values in parser.errors:
        text = lines[line - 1].strip() if 0 < line <= len(lines) else ""
        found.append(f"{E[code] % values} In: {text[:160]}")
    ids = Counter(part.get("id") for part in root.iter() if part.get("id"))
    found += [f"The id {name} is given {count} times." for name, count in ids.items() if count > 1]
    for part in root.iter():
        for attribute in REFERENCES:
            for name in (part.get(attribute) or "").split():
                if name not in ids:
                    found.append(f"<{part.tag} {attribute}> names {name}, which is not there.")
        target = part.get("href") or ""
        if part.tag == "a" and len(target) > 1 and target[0] == "#" and target[1:] not in ids:
            found.append(f"A link leads to {target}, which is not there.")
    return found
