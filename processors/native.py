"""The optional extension `trendscope_native` (folder `native/`): the stage's work in compiled code, with the results of
the Python code beside it. It is used where it was built; TRENDSCOPE_NATIVE=off leaves it out.
"""

import importlib
import os
from functools import lru_cache
from typing import Any, Final

from configs.logging import get_logger
from processors.linking import native as linking
from processors.linking.linker import Linker
from processors.linking.model import CommentText, Links
from processors.sentiment import native as sentiment

VERSION: Final = 3
"""Of the tables and calls that both sides agree on; a library built from other sources is left alone."""

log = get_logger("processors.native")


@lru_cache(maxsize=1)
def extension() -> Any | None:
    """The extension's module; None where it was not built, is of another version, or is switched off."""
    if os.environ.get("TRENDSCOPE_NATIVE", "").lower() in {"off", "0", "no"}:
        return None
    try:
        module = importlib.import_module("trendscope_native")
    except ImportError:
        return None
    if module.VERSION != VERSION:
        log.warning("native_extension_of_another_version", found=module.VERSION, wanted=VERSION)
        return None
    return module


class NativeLinker:
    """A linker with its native twin; what the twin leaves to Python, and every direct question, goes to the former."""

    def __init__(self, linker: Linker, module: Any) -> None:
        self._linker = linker
        self.native = module.Linker(linking.table(linker), linking.character)

    def link(self, comment: CommentText) -> Links:
        """The films a comment means."""
        return self._linker.link(comment)


def analyzer(module: Any) -> Any:
    """The extension's analyzer, over vaderSentiment's own tables."""
    return module.Analyzer(sentiment.table(), linking.character)
