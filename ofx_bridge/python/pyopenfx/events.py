"""What a plug-in tells its host: messages, progress, and the rules it broke."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

_REPLY_OK, _REPLY_YES, _REPLY_NO = 0, 12, 13
_KINDS = {
    "OfxMessageFatal": "fatal",
    "OfxMessageError": "error",
    "OfxMessageWarning": "warning",
    "OfxMessageMessage": "message",
    "OfxMessageLog": "log",
    "OfxMessageQuestion": "question",
}


@dataclass(frozen=True)
class Message:
    """One message; `kind` is fatal, error, warning, message, log or question."""

    kind: str
    id: str
    text: str
    persistent: bool = False


@dataclass
class Progress:
    """One progress bar: its label and every fraction (0 to 1) reported so far."""

    label: str
    id: str = ""
    fractions: list[float] = field(default_factory=list)
    ended: bool = False


@dataclass(frozen=True)
class Finding:
    """Something that a plug-in did and should not.

    `severity` is "error" (the standard forbids it, or this host cannot live with it), "warning" or "note"; `rule` names
    its kind; `action` is where it happened, or empty.
    """

    severity: str
    rule: str
    text: str
    action: str = ""


@dataclass(frozen=True)
class Answer:
    """What a plug-in answered to one action: the OfxStatus, and how long it took. `handle` tells instances apart."""

    action: str
    handle: int
    status: int
    seconds: float


MessageCallback = Callable[[Message], "bool | None"]
ProgressCallback = Callable[[str, float], "bool | None"]


class EventLog:
    """Collects what the plug-in says and passes it on. Called by the native host on any thread.

    What Python callables raise while the plug-in runs is kept in `errors`, since it cannot pass through the plug-in.
    Answers to actions are kept only with `record_answers`, since there is one for every action.

    `on_message` may answer a question with True (yes) or False (no, the default). `on_progress(label, fraction)` may
    answer False to ask the plug-in to stop.
    """

    def __init__(
        self,
        on_message: MessageCallback | None = None,
        on_progress: ProgressCallback | None = None,
        record_answers: bool = False,
    ) -> None:
        self.messages: list[Message] = []
        self.persistent_message: Message | None = None
        self.progress: list[Progress] = []
        self.findings: list[Finding] = []
        self.answers: list[Answer] | None = [] if record_answers else None
        self.errors: list[BaseException] = []
        self._on_message = on_message
        self._on_progress = on_progress
        self.go_to_requests: list[float] = []

    def message(self, kind: str, message_id: str, text: str, persistent: bool) -> int:
        message = Message(_KINDS.get(kind, kind), message_id, text, persistent)
        self.messages.append(message)
        if persistent:
            self.persistent_message = message
        answer = self._on_message(message) if self._on_message else None
        if message.kind != "question":
            return _REPLY_OK
        return _REPLY_YES if answer else _REPLY_NO

    def persistent_cleared(self) -> None:
        self.persistent_message = None

    def progress_start(self, label: str, message_id: str) -> None:
        self.progress.append(Progress(label, message_id))

    def progress_update(self, fraction: float) -> bool:
        running = self.progress[-1] if self.progress else Progress("")
        running.fractions.append(fraction)
        return not self._on_progress or self._on_progress(running.label, fraction) is not False

    def progress_end(self) -> None:
        if self.progress:
            self.progress[-1].ended = True

    def goto_time(self, time: float) -> None:
        self.go_to_requests.append(time)

    @property
    def violations(self) -> list[str]:
        """The texts of the findings that are errors."""
        return [finding.text for finding in self.findings if finding.severity == "error"]

    def finding(self, severity: str, rule: str, text: str, action: str) -> None:
        self.findings.append(Finding(severity, rule, text, action))

    def answered(self, action: str, handle: int, status: int, seconds: float) -> None:
        if self.answers is not None:
            self.answers.append(Answer(action, handle, status, seconds))
