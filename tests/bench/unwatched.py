"""A pytest plugin that leaves the access checks out, to see what they cost."""

from understudy.fuzzing import session

setattr(session, "install_checks", lambda _watch: None)  # noqa: B010  # it is not part of its face
