"""The one error root. Free of Django, so that the pure packages raise from it too.

`classifier.errors` turns these into HTTP answers; commands turn them into `CommandError`.
"""

import errno
from collections.abc import Sequence

# Of an OSError: the device or the quota is full, or a file may not grow.
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class ClassifierError(Exception):
    """Something a caller can be told about, in words."""


class BundleError(ClassifierError):
    """A bundle cannot be read: a file is missing, altered, or of another format."""


class UnavailableError(BundleError):
    """Nothing can be said of a bundle: the artifact store does not answer, or this machine cannot
    keep a copy."""


class EncoderError(ClassifierError):
    """A model folder cannot be made into an encoder, or an encoder fails its checks."""


class TrainingError(ClassifierError):
    """The examples do not allow a version to be built."""


class EngineError(ClassifierError):
    """A loaded engine failed on what it was asked."""


class NoEngineError(ClassifierError):
    """No version can be served by this process now."""


class UnknownError(ClassifierError):
    """Nothing is stored under the name or id that was given."""


class NotFinishedError(ClassifierError):
    """What is asked for will be made by a job, or would have been."""


class ConflictError(ClassifierError):
    """What is asked for contradicts what is stored.

    `path` names the field, where one field is at odds.
    """

    def __init__(self, message: str, path: str = "", code: str = "conflict") -> None:
        super().__init__(message)
        self.path = path
        self.code = code


class ReadinessError(ConflictError):
    """A version misses performance targets, and nobody who may has overridden that."""


class InvalidItemError(ClassifierError):
    """One field of a caller's input is refused.

    `path` names the field and, in a list, the item: `feedback.3.category`.
    """

    def __init__(self, path: str, message: str, code: str = "invalid") -> None:
        super().__init__(message)
        self.path = path
        self.code = code


class InvalidItemsError(ClassifierError):
    """Items of a caller's list are refused: `errors` has one for each of them, in their order."""

    def __init__(self, errors: Sequence[InvalidItemError]) -> None:
        super().__init__(" ".join(f"{error.path}: {error}" for error in errors))
        self.errors = tuple(errors)


class InputFileError(ClassifierError):
    """A file handed to a command cannot be read as what it should be."""


class StorageError(ClassifierError):
    """A file of a job cannot be written or read."""
