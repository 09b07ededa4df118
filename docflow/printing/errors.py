"""What can go wrong while printing."""


class PrintingError(Exception):
    """The document cannot be printed. `code` is for programs, the message for the log.

    Codes: 'fonts-missing' (set-up not done), 'not-typeset' (the typesetter gave up),
    'empty', 'damaged', 'encrypted', 'signed' and 'too-many-pages' (a PDF handed in).
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
