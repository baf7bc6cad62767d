"""The exceptions that a user is meant to read."""


class TfpartialError(Exception):
    """Something in the input, the configuration or a file is not as it must be.

    The message is one line that names what is wrong, where, and what was expected. The command prints it without a traceback
    and exits with status 1.
    """


class InputProblems(TfpartialError):
    """Everything that is wrong with a data set, found in one pass.

    Args:
        message: one line with the totals.
        rows: one dictionary per problem; all have the same keys.
    """

    def __init__(self, message: str, rows: list[dict[str, str]]) -> None:
        super().__init__(message)
        self.rows = rows
