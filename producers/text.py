"""Text as it may be written to Kafka: UTF-8 has no lone surrogates, JSON escapes can carry them all the same."""

import re

_SURROGATE = re.compile("[\ud800-\udfff]")


def repair(text: str) -> tuple[str, int]:
    """Replace each lone surrogate by U+FFFD; also the number of replacements."""
    return _SURROGATE.subn("\N{REPLACEMENT CHARACTER}", text)
