"""Why the embedded stack does not run."""


class StackError(Exception):
    """The stack on this data directory cannot do that; the message says how to mend it."""


class PartMissing(StackError):
    """A program that the stack needs is not installed."""


class PartFailed(StackError):
    """A part of the stack did not start."""


class AlreadyRunning(StackError):
    """Another `docflow up` runs on the same data directory."""


class PortTaken(StackError):
    """Another program listens on the port that was asked for."""
