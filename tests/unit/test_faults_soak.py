"""What counts as flat."""

import os

import pytest

from tests.faults.soak import Course, Sample, report, sample

_MB = 1024**2


def flat(name: str = "kafka", count: int = 30) -> dict[str, list[Sample]]:
    return {name: [Sample(500 * _MB + number % 3 * _MB, 200 + number % 5) for number in range(count)]}


def test_what_is_flat_is_right() -> None:
    told, wrong = report(flat(), [0, 5, 0] * 10)
    assert wrong == []
    assert told["programs"]["kafka"] == {"megabytes": [501, 501, 501], "handles": [202, 202, 202]}


def test_growth_in_the_first_third_is_a_start() -> None:
    samples = {"job": [Sample(min(900, 300 + 60 * number) * _MB, 100) for number in range(45)]}
    assert report(samples, [0] * 9)[1] == []


@pytest.mark.parametrize(
    ("one", "what"),
    [
        (lambda number: Sample((500 + 10 * number) * _MB, 100), "job: memory grows"),
        (lambda number: Sample((104 + 3 * number) * _MB, 15), "job: memory grows"),  # 1.5 MB a minute for two hours
        (lambda number: Sample(500 * _MB, 100 + 5 * number), "job: file handles grow"),
    ],
)
def test_growth_that_goes_on_is_told(one: object, what: str) -> None:
    samples = {"job": [one(number) for number in range(60)]}  # type: ignore[operator]
    assert report(samples, [0] * 9)[1] == [what]


def test_a_lag_that_grows_is_told() -> None:
    assert report(flat(), [1_000 * number for number in range(30)])[1] == ["the lag grows"]


def test_too_few_samples_are_no_course() -> None:
    with pytest.raises(ValueError, match="2 samples"):
        Course.of([1, 2])


def test_a_sample_is_of_the_process() -> None:
    seen = sample(os.getpid())
    assert seen.bytes > 10 * _MB
    assert seen.handles > 2
