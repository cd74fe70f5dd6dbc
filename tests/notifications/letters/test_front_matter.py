"""Letter files, as people write them by hand."""

from datetime import date

import pytest

from notifications.letters.front_matter import LetterFileError, is_language, read_letter

WHOLE = """---
title: "Parking on Oak Avenue: what we ask"
topics: [legislation, town-halls]   # two of them
signatories:
  - Ana Rivera, Council Member
  - Ben Ortiz
addressees: Director Helen Park, Department of Transportation
dated: 2019-05-03
language: en
---
Dear Director,

please count the cars.
"""


def reason(text: str) -> str:
    with pytest.raises(LetterFileError) as error:
        read_letter(text.encode(), "letter.md")
    return str(error.value)


def test_a_whole_letter() -> None:
    letter = read_letter(WHOLE.encode(), "letter.md")
    assert letter.title == "Parking on Oak Avenue: what we ask"
    assert letter.topics == ["legislation", "town-halls"]
    assert letter.signatories == ["Ana Rivera, Council Member", "Ben Ortiz"]
    assert letter.addressees == ["Director Helen Park, Department of Transportation"]
    assert letter.dated == date(2019, 5, 3)
    assert letter.language == "en"
    assert letter.body == "Dear Director,\n\nplease count the cars."


@pytest.mark.parametrize(
    "written",
    [
        "title: Parking: item #3 — we ask",
        "title: 'Parking: item #3 — we ask'",
        'title: "Parking: item #3 — we ask"  # a note',
        "Title:   Parking: item #3 — we ask",
        "title: >\n  Parking: item #3\n  — we ask",
        "title: Parking: item #3\n  — we ask",
    ],
)
def test_a_title_keeps_its_words_however_it_is_written(written: str) -> None:
    """YAML would refuse the colon, and end the title at the number sign."""
    letter = read_letter(f"---\n{written}\n---\nText.".encode(), "letter.md")
    assert letter.title == "Parking: item #3 — we ask"


@pytest.mark.parametrize(
    "written",
    [
        "topics: a, b",
        "topics: [a, b]",
        "topics: ['a', \"b\",]",
        "topics:\n- a\n- b",
        "topics:\n  - a\n  # between\n\n  - b",
        "topics: [a,\n  b]",
    ],
)
def test_a_list_however_it_is_written(written: str) -> None:
    letter = read_letter(f"---\ntitle: T\n{written}\n---\nText.".encode(), "letter.md")
    assert letter.topics == ["a", "b"]


def test_signatories_as_lines() -> None:
    head = "title: T\nsignatories: |\n  Ana Rivera, Mayor\n  Ben Ortiz"
    letter = read_letter(f"---\n{head}\n---\nText.".encode(), "letter.md")
    assert letter.signatories == ["Ana Rivera, Mayor", "Ben Ortiz"]


def test_quotes_inside_quotes() -> None:
    head = 'title: "The \\"Oak\\" plan"\nsignatories: [\'Ana O\'\'Neil, Mayor\', "B, C"]'
    letter = read_letter(f"---\n{head}\n---\nText.".encode(), "letter.md")
    assert letter.title == 'The "Oak" plan'
    assert letter.signatories == ["Ana O'Neil, Mayor", "B, C"]


def test_a_line_of_dashes_in_the_text_stays_in_the_text() -> None:
    letter = read_letter(b"---\ntitle: T\n---\nOne\n\n---\n\nTwo", "letter.md")
    assert letter.body == "One\n\n---\n\nTwo"


def test_the_same_file_has_the_same_hash_whatever_its_line_ends() -> None:
    unix = read_letter(WHOLE.encode(), "letter.md")
    windows = read_letter(b"\xef\xbb\xbf" + WHOLE.replace("\n", "\r\n").encode(), "other.md")
    assert windows == unix.__class__(**(vars(unix) | {"name": "other.md"}))
    edited = read_letter(WHOLE.replace("cars", "buses").encode(), "letter.md")
    assert edited.source_hash != unix.source_hash


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "letter.md: the file is empty."),
        ("Dear all", "letter.md:1: a letter begins with a line --- and its front matter."),
        (
            "\n---\ntitle: T\nText",
            "letter.md:2: no second line --- ends the front matter that begins here.",
        ),
        ("---\ntopics: a\n---\nText", "letter.md:1: title: a letter needs a title."),
        ("---\ntitle:\n---\nText", "letter.md:2: title: a letter needs a title."),
        ("---\ntitle: T\n---\n \n", "letter.md: there is no text below the front matter."),
        (
            "---\ntitle: T\nauthor: Ana\n---\nText",
            "letter.md:3: there is no 'author' in a letter; known: title, topics, signatories, "
            "addressees, dated, language.",
        ),
        ("---\ntitle: T\n\ntitle: U\n---\nText", "letter.md:4: title: it is already on line 2."),
        (
            "---\ntitle: T\ndated: 3 May 2019\n---\nText",
            "letter.md:3: dated: write the day as YYYY-MM-DD, such as 2019-05-03.",
        ),
        (
            "---\ntitle: T\ndated: 2019-02-30\n---\nText",
            "letter.md:3: dated: write the day as YYYY-MM-DD, such as 2019-05-03.",
        ),
        (
            "---\ntitle: T\nlanguage: Spanish\n---\nText",
            "letter.md:3: language: 'Spanish' is no language code such as en, es or zh-hans.",
        ),
        ("---\ntitle: [T\n---\nText", "letter.md:2: the list [ is not closed with ]."),
        ("---\ntitle: [a, b]\n---\nText", "letter.md:2: title: expected one value, not a list."),
        ('---\ntitle: "T\n---\nText', 'letter.md:2: the quote " is not closed.'),
        ("---\ntitle: 'T' U\n---\nText", "letter.md:2: there is text behind the closing quote: U"),
        (
            "---\ntitle: T\ntopics: ['a' b]\n---\nText",
            "letter.md:3: put a comma between the items of a list.",
        ),
        (
            "---\ntitle: T\ntopics:\n  -a\n---\nText",
            "letter.md:4: topics: put a space behind the '-'.",
        ),
        ("---\n  - a\ntitle: T\n---\nText", "letter.md:2: this line belongs to no key."),
        (
            "---\ntitle: T\nnonsense\n---\nText",
            "letter.md:3: expected 'key: value', such as 'title: Our letter'.",
        ),
        (
            f"---\ntitle: {'T' * 201}\n---\nText",
            "letter.md:2: title: at most 200 characters; this has 201.",
        ),
        ("---\ntitle: T\n---\nA\0B", "letter.md:4: this is not a text file."),
    ],
)
def test_what_is_wrong_is_one_line_with_file_and_line(text: str, expected: str) -> None:
    assert reason(text) == expected


def test_a_file_in_another_encoding_is_named_with_its_line() -> None:
    with pytest.raises(LetterFileError, match=r"^a\.md:2: this is not UTF-8 text"):
        read_letter("---\ntitle: Año nuevo\n---\nText".encode("latin-1"), "a.md")


@pytest.mark.parametrize("code", ["en", "es", "zh-hans", "vi", "hmn", "pt-br"])
def test_languages_that_there_are(code: str) -> None:
    assert is_language(code)


@pytest.mark.parametrize("code", ["english", "xx", "e", "en_US", "", "en-"])
def test_languages_that_there_are_not(code: str) -> None:
    assert not is_language(code)
