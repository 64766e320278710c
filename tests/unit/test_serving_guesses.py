"""Guesses are counted by network, for a minute, in bounded memory."""

import time

import pytest

from serving.guesses import Guesses, network_of


def test_each_network_has_its_own() -> None:
    guesses = Guesses("2/minute")
    for _ in range(2):
        assert guesses.wait("a") == 0
        guesses.count("a")
    assert 1 <= guesses.wait("a") <= 61
    assert guesses.wait("b") == 0


def test_after_the_window_it_may_try_again(monkeypatch: pytest.MonkeyPatch) -> None:
    guesses = Guesses("1/minute")
    guesses.count("a")
    wait = guesses.wait("a")
    now = time.time()
    monkeypatch.setattr("time.time", lambda: now + wait)
    assert guesses.wait("a") == 0


def test_no_more_networks_are_kept_than_said() -> None:
    guesses = Guesses("1/minute", networks=100)
    for number in range(1_000):
        guesses.count(f"10.0.{number // 256}.{number % 256}")
        assert len(guesses._storage.storage) <= 100
    assert guesses.wait("10.0.3.231") > 0


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::"),
        ("2001:db8:1:2:bbbb::9%eth0", "2001:db8:1:2::"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("made up" * 1_000, "unknown"),
    ],
)
def test_a_customer_is_one_network(host: str, network: str) -> None:
    assert network_of((host, 1)) == network


def test_no_address_is_a_network_too() -> None:
    assert network_of(None) == "unknown"
