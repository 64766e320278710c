"""What stands around a span of a comment: case, quotes, the year beside it, the sentence it is in."""

import re
from functools import cached_property
from typing import Final

from processors.linking.text import MARK, fold, join_words, own_words, word_spans

_YEAR_AFTER: Final = re.compile(r"[\s\"”’'*_)\]]*[\s(\[,]\(?['’]?((?:19|20)\d\d|(?<=['’])\d\d)(?![\w%])")
_YEAR_BEFORE: Final = re.compile(r"\b((?:19|20)\d\d)(?:['’]?s)?['\"“‘*_\s]*$")
_SHORT: Final = 600
"""Characters up to which a place is found by dividing the text each time; longer texts get a table of all words."""

_DIGITS: Final = re.compile(r"\d\d")
_GAP_AFTER: Final = re.compile(r"(?:[^\w]|_){0,8}")
_GAP_BEFORE: Final = re.compile(r"(?:[^\w]|_){0,8}\Z")

_SENTENCE_END: Final = frozenset(".!?:;\n…•>|")
_OPENERS: Final = "\"“‘'*_«`~ "
_MARKS: Final = {'"': '"”', "“": '”"', "”": '”"“', "‘": "’'", "'": "'’", "*": "*", "_": "_", "«": "»", "`": "`'"}
_BULLET: Final = re.compile(r"(?:^|\n)\s*(?:[-*+•–]|\d{1,3}[.)])?\s*$")
_LINE_REST: Final = re.compile(r"[\s\"”’'*_.!?,()\d]*(?=\n|$)")


class CommentContext:
    """One comment folded once, and questions about spans of it (offsets of the joined text)."""

    def __init__(self, body: str) -> None:
        self.text = own_words(body)
        self.folded = fold(self.text)
        self.flat = join_words(self.folded)
        self.low = self.flat.lower()

    @cached_property
    def spans(self) -> list[tuple[int, int]]:
        """Start and end in the body of every word."""
        return word_spans(self.folded)

    @cached_property
    def _has_digits(self) -> bool:
        return _DIGITS.search(self.text) is not None

    @cached_property
    def _capitals(self) -> int:
        return sum(map(str.isupper, self.flat))

    @cached_property
    def small(self) -> bool:
        """Whether the writer uses no capitals at all, "I" aside, so that small letters say nothing."""
        return self._capitals == self.flat.split(" ").count("I")

    @cached_property
    def shouting(self) -> bool:
        """Whether most letters are capitals, so that capitals say nothing."""
        return self._capitals * 2 > len(self.flat) - self.flat.count(" ")

    def body_span(self, start: int, end: int) -> tuple[int, int]:
        """The span in the body of a span of the joined text (end = offset of the space after it)."""
        first = self.flat.count(" ", 0, start) - 1
        last = first + self.flat.count(" ", start, end)
        if len(self.folded) > _SHORT or MARK in self.folded:
            return self.spans[first][0], self.spans[last][1]
        # A short text is divided up to the word asked for: most comments are asked for one span or two.
        folded = self.folded
        rest = folded.split(None, first)[first]
        begin = len(folded) - len(rest)
        if first == last:
            return begin, begin + len(rest.split(None, 1)[0])
        tail = rest.split(None, last - first)[-1]
        return begin, len(folded) - len(tail) + len(tail.split(None, 1)[0])

    def word_before(self, start: int) -> str:
        """The lower-case word before; empty at the beginning of the text."""
        return self.low[self.low.rfind(" ", 0, start - 1) + 1 : start - 1]

    def word_after(self, end: int) -> str:
        """The lower-case word after; empty at the end of the text."""
        return self.low[end + 1 : self.low.find(" ", end + 1)]

    def raw_word_after(self, end: int) -> str:
        """The word after, as written."""
        return self.flat[end + 1 : self.flat.find(" ", end + 1)]

    def raw_word_before(self, start: int) -> str:
        """The word before, as written."""
        return self.flat[self.flat.rfind(" ", 0, start - 1) + 1 : start - 1]

    def starts_sentence(self, body_start: int) -> bool:
        """Whether a capital here is owed to the beginning of a sentence, line or list item."""
        before = self.text[max(0, body_start - 12) : body_start].rstrip(_OPENERS + "([")
        return not before.strip() or before[-1] in _SENTENCE_END or bool(_BULLET.search(before))

    def gap_after(self, body_end: int) -> str:
        """The characters between a span and the next word."""
        match = _GAP_AFTER.match(self.text, body_end)
        return match[0] if match else ""

    def gap_before(self, body_start: int) -> str:
        """The characters between the word before and a span."""
        match = _GAP_BEFORE.search(self.text[max(0, body_start - 8) : body_start])
        return match[0] if match else ""

    def emphasised(self, body_start: int, body_end: int) -> bool:
        """Whether quotes, asterisks or underscores stand on both sides."""
        closers = _MARKS.get(self.text[body_start - 1 : body_start])
        if not closers:
            return False
        after = self.text[body_end : body_end + 4].lstrip(".,!?;:'’s")
        return self.text[body_end : body_end + 1] in tuple(closers) or after[:1] in tuple(closers)

    def year_beside(self, body_start: int, body_end: int) -> int | None:
        """A year right after the span, "Dune (2021)", or right before, "the 1984 Dune"; None when there is none."""
        if not self._has_digits:
            return None
        match = _YEAR_AFTER.match(self.text, body_end)
        if match is None:
            match = _YEAR_BEFORE.search(self.text[max(0, body_start - 12) : body_start])
        if match is None:
            return None
        year = int(match[1])
        return year if year > 99 else (1900 + year if year > 30 else 2000 + year)

    def alone_on_line(self, body_start: int, body_end: int) -> bool:
        """Whether its line holds nothing else than marks and digits."""
        return bool(_BULLET.search(self.text[:body_start].rstrip(_OPENERS))) and bool(
            _LINE_REST.match(self.text, body_end)
        )
