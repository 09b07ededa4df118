"""One view of a person over every channel, and the log of contacts."""
