"""Settings with which the unchanged producers talk to the simulator, for each API that has no key."""

from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

if TYPE_CHECKING:
    from configs.settings import Settings

SIMULATED_KEY = "simulated"
"""What stands in a key's place while the simulator stands in for its API."""
DEMO_TMDB_INTERVAL = 60.0
DEMO_REDDIT_INTERVAL = 5.0
"""Seconds between polls of the simulator, which has no quota to spare; a user's own setting wins."""


def with_simulator(settings: "Settings", url: str) -> "Settings":
    """The settings with an API without key served by the simulator at `url`; an API with a key stays as it is."""
    changes: dict[str, Any] = {}
    if settings.tmdb_api_key is None:
        changes |= {"tmdb_api_key": SecretStr(SIMULATED_KEY), "tmdb_base_url": f"{url}/3"}
        changes |= _unless_set(settings, tmdb_fetch_interval=DEMO_TMDB_INTERVAL)
    if settings.reddit_client_id is None:
        changes |= {
            "reddit_client_id": SIMULATED_KEY,
            "reddit_client_secret": SecretStr(SIMULATED_KEY),
            "reddit_url": url,
            "reddit_oauth_url": url,
        }
        changes |= _unless_set(settings, reddit_fetch_interval=DEMO_REDDIT_INTERVAL)
    return settings.model_copy(update=changes)


def _unless_set(settings: "Settings", **demo: float) -> dict[str, float]:
    return {name: value for name, value in demo.items() if name not in settings.model_fields_set}
