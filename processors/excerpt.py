"""The part of a comment that shows why it counts as a mention."""

_BEFORE, _LENGTH = 120, 300
"""Characters: a sentence before the film's name, and about two in all after it begins."""
_ELLIPSIS = "…"


def excerpt(body: str, start: int, end: int) -> str:
    """At most some 300 characters of `body` around [start, end), in one line, cut at spaces where there are any."""
    left = max(0, start - _BEFORE)
    right = max(left + _LENGTH, end)
    if left:
        space = body.find(" ", left, start)
        left = space + 1 if space >= 0 else left
    cut = right < len(body)
    if cut:
        space = body.rfind(" ", end, right)
        right = space if space > end else right
    text = " ".join(body[left:right].split())
    return (_ELLIPSIS if left else "") + text + (_ELLIPSIS if cut else "")
