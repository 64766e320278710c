"""What can go wrong with a source's HTTP API.

TrendScopeError
└── SourceError                   this poll got nothing usable: counted, logged, and tried again at the next one
    ├── SourceUnavailableError    trying again can help: 429, 5xx, time-out, reset, a body that is no JSON
    └── SourceRefusedError        trying the same request again cannot help: 400, 404, 422

Wrong keys are a `ConfigurationError`: the text names the variable.
"""

from contracts.errors import TrendScopeError


class SourceError(TrendScopeError):
    """The API gave nothing that can be used. The text holds no URL, because a URL may hold the key."""


class SourceUnavailableError(SourceError):
    """The API is away, overloaded or answers nonsense; `retry_after` is the pause it asked for, in seconds."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class SourceRefusedError(SourceError):
    """The API understood the request and will not answer it."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status
