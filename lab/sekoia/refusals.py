"""Why the tenant says no, in its own words; what HTTP makes of it is written in `errors`."""


class Refusal(Exception):
    """The tenant does not do what was asked; the text is meant for the caller."""


class Unfit(Refusal):
    """A value that cannot be used. `place` and `kind` say where and how, in FastAPI's words."""

    def __init__(self, message: str, place: tuple[str, ...] = (), kind: str = "value_error") -> None:
        super().__init__(message)
        self.place = place
        self.kind = kind


class Unemulated(Unfit):
    """The lab itself does not know the thing asked for; Sekoia might."""


class Missing(Refusal):
    """No such object, or not any more, or not yet."""


class Clash(Refusal):
    """The object's present state does not allow it."""


class Gone(Refusal):
    """It was there, and is not kept any more."""


class NotYours(Refusal):
    """Only the author may do it."""
