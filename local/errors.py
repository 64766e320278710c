"""What can go wrong while the platform is set up or started; every text says what to do next.

TrendScopeError
├── ConfigurationError
│   └── SetupError          something the machine lacks, or a file that is not what it should be
│       └── JavaError       the Java that runs the servers: none, or one that they do not run on
└── DependencyError
    └── NodeError           a server was started and did not become ready
"""

from contracts.errors import ConfigurationError, DependencyError


class SetupError(ConfigurationError):
    """The machine lacks something, or a downloaded file is not the pinned one."""


class JavaError(SetupError):
    """There is no Java for the servers. `./setup.sh` knows it by its exit code, and installs one where it may."""


class NodeError(DependencyError):
    """A server exited, or did not answer before its deadline; the text ends with the last lines of its log."""
