"""What an exception of a library or of a user's code says, in one line."""


def first_line(error: BaseException) -> str:
    """The first line of its message that says something; the name of its type where none does."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)


def with_type(error: BaseException) -> str:
    """The name of its type and the first line of its message, ``"no message"`` where it has none."""
    return f"{type(error).__name__}: {first_line(error) if str(error).strip() else 'no message'}"
