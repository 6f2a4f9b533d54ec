"""The one exception that the command turns into one line on stderr."""


class PortError(Exception):
    """What went wrong with which port: what was expected, what was found, where the log is."""
