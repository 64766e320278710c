"""Which code a saved state belongs to: a pickle is read back only by the code that wrote it.

An attribute that was renamed, a feature that was added, another version of a library: a state of the past may then
still load and fail, or worse go on, much later. So every saved state carries this fingerprint; with another one the
service learns anew from the topic, which gives what the new code would have given all along.
"""

import hashlib
import sys
from functools import cache
from importlib.metadata import version
from pathlib import Path

from ml_service.model.forecaster import MODEL_VERSION

_FOLDER = Path(__file__).parent
_FILES = ("engine.py", "duel.py", "error_drift.py", "events.py", "messages.py")
"""With everything in model/: the modules whose objects are pickled, and those that decide what they learn."""
LIBRARIES = ("numpy", "river", "scipy")
"""What the learning computes with."""


@cache
def code_fingerprint() -> str:
    """`MODEL_VERSION` and a digest of the learning code, Python's version and those of the libraries it learns with."""
    digest = hashlib.sha256()
    for path in [*(_FOLDER / name for name in _FILES), *sorted((_FOLDER / "model").glob("*.py"))]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    versions = [f"python {sys.version_info.major}.{sys.version_info.minor}"]
    versions += [f"{name} {version(name)}" for name in LIBRARIES]
    digest.update("\0".join(versions).encode())
    return f"{MODEL_VERSION}:{digest.hexdigest()[:16]}"
