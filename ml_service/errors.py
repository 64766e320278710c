"""The errors of the ML service.

TrendScopeError
├── SnapshotError            a snapshot that cannot be used: the service starts afresh
├── VersionError             a registered version that cannot lead again: the champion stays
└── DependencyError
    └── TopicResetError      the topic went back under the running service: start again, which compares the topic's id
"""

from contracts.errors import DependencyError, TrendScopeError


class SnapshotError(TrendScopeError):
    """A snapshot is damaged, of another format, or made with other settings; the message says which."""


class VersionError(TrendScopeError):
    """A registered version cannot lead again; the message says why."""


class TopicResetError(DependencyError):
    """The topic that is read was deleted and made again."""
