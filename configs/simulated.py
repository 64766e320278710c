"""What takes the place of an API's settings while the simulator, which speaks both, stands in for it."""

from typing import Any

from pydantic import SecretStr

SIMULATED_KEY = "simulated"
"""What stands in a key's place."""
DEMO_INTERVALS = {"tmdb_fetch_interval": 60.0, "reddit_fetch_interval": 5.0}
"""Seconds between polls of the simulator, which has no quota to spare; a user's own setting wins."""


def in_place_of_tmdb(url: str) -> dict[str, Any]:
    """TMDB's settings for a simulator at `url`."""
    return {"tmdb_api_key": SecretStr(SIMULATED_KEY), "tmdb_base_url": f"{url}/3"} | _demo("tmdb")


def in_place_of_reddit(url: str) -> dict[str, Any]:
    """Reddit's settings for a simulator at `url`."""
    return {
        "reddit_client_id": SIMULATED_KEY,
        "reddit_client_secret": SecretStr(SIMULATED_KEY),
        "reddit_url": url,
        "reddit_oauth_url": url,
    } | _demo("reddit")


def _demo(api: str) -> dict[str, float]:
    return {name: seconds for name, seconds in DEMO_INTERVALS.items() if name.startswith(api)}
