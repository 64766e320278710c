"""`.env`: made once from `.env.example`, never changed again."""

from pathlib import Path

from configs.settings import ROOT
from local.errors import SetupError

EXAMPLE = ROOT / ".env.example"
ENV_FILE = ROOT / ".env"
_PRIVATE = 0o600
"""It will hold keys."""


def ensure_env_file(target: Path = ENV_FILE, example: Path = EXAMPLE) -> bool:
    """Make `.env` unless there is one; True when it was made.

    Raises:
        SetupError: the example is missing.
    """
    if target.exists():
        return False
    try:
        text = example.read_text()
    except OSError as error:
        raise SetupError(f"{example} cannot be read: it belongs to the repository, restore it ({error})") from error
    partial = target.with_name(f"{target.name}.partial")
    partial.touch(mode=_PRIVATE)
    partial.write_text(text)
    partial.replace(target)
    return True
