"""What can go wrong in the life-cycle of a model."""

from django.utils.translation import gettext as _


class LearningError(Exception):
    """Base of every error of this app."""


class UnknownPipelineError(LearningError):
    """Raised when a name is asked for that no app registered."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(_("There is no pipeline called “%(name)s”.") % {"name": name})


class NotEnoughDataError(LearningError):
    """Raised by a pipeline that refuses to learn from too little."""

    def __init__(self, *, have: int, need: int, what: str) -> None:
        self.have = have
        self.need = need
        self.what = what
        super().__init__(
            _("Not enough data: %(have)d of %(need)d %(what)s.")
            % {"have": have, "need": need, "what": what}
        )


class AlreadyTrainingError(LearningError):
    """Raised when the same pipeline is being trained by somebody else."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(_("“%(name)s” is being trained already.") % {"name": name})


class DamagedArtefactError(LearningError):
    """Raised when a model file is missing or is not what was registered."""

    def __init__(self, version: str, *, reason: str) -> None:
        self.version = version
        self.reason = reason
        super().__init__(
            _("The file of %(version)s is refused: %(reason)s.")
            % {"version": version, "reason": reason}
        )


class NotPublishableError(LearningError):
    """Raised when a version that failed its gate or lost its file is to be published."""

    def __init__(self, version: str, *, reason: str) -> None:
        self.version = version
        super().__init__(
            _("%(version)s cannot be published: %(reason)s.")
            % {"version": version, "reason": reason}
        )


class AlreadyReviewedError(LearningError):
    """Raised when a proposal was decided by somebody else in the meantime."""

    def __init__(self, proposal: str) -> None:
        super().__init__(_("“%(proposal)s” has been decided already.") % {"proposal": proposal})
