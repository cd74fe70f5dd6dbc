"""Why an action said no. Each reason has a code that tests and mail can name."""

from typing import Any


class Refused(Exception):
    """An action changed nothing, for a reason that a person can read.

    ``code`` names the reason; ``message`` is (lazily) translated and says what to do; ``field`` is
    the form field it belongs to, or empty; ``params`` holds the figures, such as what still fits.
    """

    def __init__(self, code: str, message: Any, *, field: str = "", **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.template = message
        self.field = field
        self.params = params

    @property
    def message(self) -> str:
        return str(self.template) % self.params if self.params else str(self.template)

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"
