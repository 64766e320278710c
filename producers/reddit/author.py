"""Author names leave this process only as a keyed hash: equal names stay equal, and nobody can look them up."""

import hashlib
import hmac
import secrets
from pathlib import Path

from pydantic import SecretStr

from common.files import write_atomically

_KEY_BYTES = 32
_HEX_DIGITS = 32
"""128 bits: no two of Reddit's authors meet by chance, and half the size of a full digest in every message."""


class AuthorHash:
    """HMAC-SHA256 of the name, cut to 128 bits."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def __call__(self, name: str) -> str:
        """The hash of one name, as hexadecimal digits."""
        digest = hmac.new(self._key, name.encode("utf-8", "surrogatepass"), hashlib.sha256)
        return digest.hexdigest()[:_HEX_DIGITS]


def author_hash(configured: SecretStr | None, key_file: Path) -> AuthorHash:
    """The hash with AUTHOR_HASH_KEY, else with a random key made once and kept in `key_file` (mode 0600)."""
    if configured is not None:
        return AuthorHash(configured.get_secret_value().encode())
    if not key_file.is_file():
        write_atomically(key_file, secrets.token_hex(_KEY_BYTES).encode(), mode=0o600)
    return AuthorHash(key_file.read_bytes().strip())
