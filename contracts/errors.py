"""The exceptions of the platform, one root; each service adds its own branch in its own package.

TrendScopeError
├── ConfigurationError      a setting is missing or wrong: fix .env, a retry does not help
├── ContractError           a message does not fit its topic's schema: goes to dead_letter_stream
└── DependencyError         a server is away or refuses: retried with back-off until a deadline
"""


class TrendScopeError(Exception):
    """Root of every error this project raises on purpose."""


class ConfigurationError(TrendScopeError):
    """A setting is missing or wrong. The message names the variable and says what to do."""


class ContractError(TrendScopeError):
    """A message does not fit the schema of its topic.

    `reason` is a stable code (see `contracts.events.DeadLetterReason`), the message is for people.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class DependencyError(TrendScopeError):
    """A server that a service needs did not answer before the deadline."""
