"""What the routes work with."""

from dataclasses import dataclass, field

from configs.settings import Settings
from serving.answers import Answers, Responder
from serving.details import Details
from serving.past import PastWindows
from serving.state import Board
from serving.stream import Hub


@dataclass(frozen=True, slots=True)
class Context:
    """One process's parts."""

    settings: Settings
    board: Board
    hub: Hub
    details: Details
    past: PastWindows
    responder: Responder
    answers: Answers = field(default_factory=Answers)
