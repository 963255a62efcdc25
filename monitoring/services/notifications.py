"""Say to receivers what has to be said of alerts, once, and try again what could not be said."""


def deliver() -> None:
    """Write down what is due to be told, and send what is due to be sent."""
