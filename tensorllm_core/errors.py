"""One family of errors for bad input: each message says what was expected, what came, and what to do.

    ExplorerError                     the input is at fault; the message is one sentence for the user
        RankError                     ranks that the tensor cannot have, or text that is no ranks
        LayerError                    a layer that the model does not have
        LayoutError                   a layout that does not exist or does not suit the model
        ModelNotFoundError            no model of that name, folder or hub id
        CheckpointError               weights that are missing, cut off, corrupt or not finite
        UnknownArchitectureError      a model type that no family describes
        BenchmarkError                questions that cannot be had, read or put to the model
        FileAccessError               a file, folder or port that may not be read, written or used
        RequestError                  any other request that cannot be met
        StoppedError                  the person stopped the work

The app shows the message as it is. The command line prints it after `error: ` and exits with 2.
Any other exception is a bug.
"""

__all__ = [
    "BenchmarkError",
    "CheckpointError",
    "ExplorerError",
    "FileAccessError",
    "LayerError",
    "LayoutError",
    "ModelNotFoundError",
    "RankError",
    "RequestError",
    "StoppedError",
    "UnknownArchitectureError",
]


class ExplorerError(Exception):
    """Base of every error that is the input's fault; its text is one sentence for the user.

    >>> str(ExplorerError("Expected a layer from 0 to 3, got 9; choose one of them."))
    'Expected a layer from 0 to 3, got 9; choose one of them.'
    """


class RankError(ExplorerError):
    """Ranks that no Tucker decomposition of the tensor can have, or text that is no rank triple."""


class LayerError(ExplorerError):
    """A layer that the model does not have."""


class LayoutError(ExplorerError):
    """A layout that does not exist, or that does not apply to this model's attention."""


class ModelNotFoundError(ExplorerError):
    """A name that is neither bundled nor a folder nor an id that can be reached."""


class CheckpointError(ExplorerError):
    """A checkpoint with missing, truncated, corrupt or non-finite weights."""


class UnknownArchitectureError(ExplorerError):
    """A model type for which no family is registered."""


class BenchmarkError(ExplorerError):
    """Questions that cannot be had, read, or put to this model."""


class FileAccessError(ExplorerError):
    """A file, folder or port that may not be read, written or used."""


class RequestError(ExplorerError):
    """Any other request that cannot be met: contradictory options, an unreachable target."""


class StoppedError(ExplorerError):
    """Work that ended because the person asked to stop it."""
