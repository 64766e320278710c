"""Words that tell talk about films from the retelling of one. General lists, not made from any thread."""

from typing import Final

_WORK: Final = """
bluray blu cameo cast director dvd ending feel footage homage poster prequel premiere reference references review
reviews scene scenes score screening script sequel showing soundtrack style vibe vibes
"""

_TALK: Final = """
adaptation best better cast cinema cinematography classic comedy directed directing director documentary dvd favorite
favourite film films flick flicks genre homage horror imdb movie movies netflix nominated oscar oscars recommend release
released releases remake reboot reminded reminds rewatch rewatched rewatching saw scene scenes screenplay script seen
sequel sequels similar soundtrack starred starring theater theaters theatre theatres thriller trailer trailers watch
watched watching worst
"""

_STORY: Final = """
actor alive armor armour brother character characters comic comics costume daughter dead death die died dies father
fight fights fought he her hero him his join joins kill killed kills mother planet played plays power powers save saved
saves she sister son suit team universe villain wife
"""

WORK: Final = frozenset(_WORK.split())
"""What belongs to a film and is named with it: "the Sunshine soundtrack"."""

TALK: Final = frozenset(_TALK.split())
"""Words of those who speak about films."""

STORY: Final = frozenset(_STORY.split())
"""Words of those who retell one, or speak of its people: there a title is more often a character's name."""
