"""How full the disk of the data folder is, read when Prometheus asks."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from prometheus_client import REGISTRY
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector, CollectorRegistry


class DiskMetrics(Collector):
    """Free and whole bytes of the disk that holds a folder, or will hold it: the nearest parent that exists counts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def describe(self) -> list[GaugeMetricFamily]:
        """Nothing: a registry must not read the disk when this is registered."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """No samples while the disk cannot be read."""
        place = next(path for path in (self._folder, *self._folder.resolve().parents) if path.exists())
        try:
            usage = shutil.disk_usage(place)
        except OSError:
            return
        yield GaugeMetricFamily("trendscope_data_disk_free_bytes", "Free on the data folder's disk", value=usage.free)
        yield GaugeMetricFamily("trendscope_data_disk_size_bytes", "Size of the data folder's disk", value=usage.total)


_shown: list[tuple[CollectorRegistry, DiskMetrics]] = []


def show_disk(folder: Path, registry: CollectorRegistry = REGISTRY) -> None:
    """Show the disk of `folder` among the process's metrics; a later call replaces an earlier one."""
    while _shown:
        place, earlier = _shown.pop()
        place.unregister(earlier)
    _shown.append((registry, DiskMetrics(folder)))
    registry.register(_shown[0][1])
