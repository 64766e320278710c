"""The job killed at each point between its side effects."""

import signal
from datetime import timedelta

import pytest

from common.clock import system_clock
from tests.support.job_world import DEADLINE, JobWorld, check_revisions, check_windows
from tests.support.processor import processor

pytestmark = [pytest.mark.spark, pytest.mark.integration, pytest.mark.timeout(1800)]


def test_a_crash_at_any_point_changes_no_window_and_no_count(world: JobWorld) -> None:
    now = system_clock().replace(microsecond=0)
    world.films()
    world.comments(80, now - timedelta(minutes=10))
    first = len(world.sent)
    with processor(world.settings, crash="before_store_write:batch=1") as job:
        world.wait_processed(job)
        world.comments(80, now - timedelta(minutes=9))
        assert job.exited(DEADLINE) == -signal.SIGKILL
    for point in ("after_store_write", "after_publish"):
        with processor(world.settings, crash=f"{point}:batch=1") as job:
            assert job.exited(DEADLINE) == -signal.SIGKILL
    with processor(world.settings) as job:
        world.wait_processed(job)
        world.comment("Popcorn.", now)
        world.wait_processed(job)
        world.comment("Popcorn.", now)
        world.wait_processed(job)
        assert job.stop() == 0
    batches = [world.sent[:first], world.sent[first:-2], world.sent[-2:-1], world.sent[-1:]]
    check_windows(world, batches)
    check_revisions(world.updates())
