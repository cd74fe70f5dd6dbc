"""Letters: writing, posting, reading."""
