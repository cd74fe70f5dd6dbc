"""What mail servers mean by their words: the codes of RFC 3463, and what they say without one."""

import re

#: Codes of RFC 3463 and RFC 7505 that say that there is no such mailbox, or no such domain. Not
#: 5.2.1 and 5.2.2: a mailbox that takes nothing now, or is full, is there.
_NO_MAILBOX = {"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"}
#: What a refusal without any such code says when there is no such mailbox...
_MAILBOX = r"(user|mailbox|mail ?box name|recipient|addressee|address|account|person)s?"
_MISSING_WORDS = re.compile(
    rf"\b(no such|unknown|invalid|non-?existent|not a (valid|known)|no) (\w+ )?{_MAILBOX}\b"
    rf"|\b{_MAILBOX}\b[^.;]{{0,80}}\b(unknown|invalid|not found|not known|not recogni[sz]ed"
    r"|(does not|doesn't|doesn’t|no longer) exists?|is not here|not exist)",
    re.IGNORECASE,
)
#: ... and what it says when it is about something else as well.
_POLICY_WORDS = re.compile(
    r"spam|block|black|denied|deny|policy|prohibit|reputation|unsolicited|dnsbl|\brbl|\bspf|dkim"
    r"|dmarc|authenti|relay|quota|\bfull\b|\bsize\b|\brate\b|limit|too many|content|virus|access"
    r"|sender|\bip\b",
    re.IGNORECASE,
)
_FULL = re.compile(
    r"\b[45]\.2\.2\b|\bquota\b|(?:mailbox|inbox)\b.{0,30}\bfull\b|\bfull\b.{0,30}\bmailbox",
    re.IGNORECASE | re.DOTALL,
)
#: Tried where a word begins alone: from each letter of a long one it would take minutes.
_ADDRESS = re.compile(r"(?<![^\s<>\"'])[^\s<>\"']+@[^\s<>\"']+")
_ENHANCED = re.compile(r"^\s*([245]\.\d{1,3}\.\d{1,3})\b")


def enhanced(words: str) -> str | None:
    """Return the enhanced code (RFC 3463) that an answer begins with, after its three digits."""
    match = _ENHANCED.match(words)
    return match[1] if match else None


def code_says_no_mailbox(words: str) -> bool:
    """Whether the enhanced code says that there is no such mailbox or domain."""
    return enhanced(words) in _NO_MAILBOX


def words_say_no_mailbox(words: str) -> bool:
    """Whether an answer without any such code says so, and nothing else."""
    return bool(_MISSING_WORDS.search(words)) and not is_about_us(words)


def is_about_us(words: str) -> bool:
    """Whether it speaks of who we are, or of this mail: another day the mailbox may take it."""
    return bool(_POLICY_WORDS.search(words))


def is_full(words: str) -> bool:
    """Whether it says that the mailbox is full (RFC 3463, X.2.2)."""
    return bool(_FULL.search(words))


def without_addresses(text: str) -> str:
    """Return one line without e-mail addresses: it is kept, and shown to staff."""
    return _ADDRESS.sub("(address)", " ".join(text.split()))[:400]
