"""CPU time and memory of a process and all its children, sampled while it works."""

import threading
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import psutil

_EVERY_SECONDS = 0.5
_MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at the tree."""

    at: float
    """`time.monotonic()`."""
    cpu: float
    """Seconds of all processes so far, those that ended included up to their last sample."""
    memory: float
    """Proportional set sizes, MB: memory that processes share counts once."""
    by_kind: dict[str, float] = field(default_factory=dict)
    """The CPU seconds of `main` (the process itself), `jvm` and `python` (its other children)."""


@dataclass(slots=True)
class Usage:
    """Samples a tree in a thread; a context manager."""

    pid: int
    samples: list[Sample] = field(default_factory=list)
    _cpu: dict[tuple[int, str], float] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._run, name="usage", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop.set()
        if self._thread:
            self._thread.join()

    def cpu_between(self, start: float, end: float) -> float:
        """CPU seconds from one `time.monotonic()` to another, to the nearest samples."""
        return self._near(end).cpu - self._near(start).cpu

    def by_kind_between(self, start: float, end: float) -> dict[str, float]:
        """The same for `main`, `jvm` and `python` apart."""
        before, after = self._near(start).by_kind, self._near(end).by_kind
        return {kind: seconds - before.get(kind, 0.0) for kind, seconds in after.items()}

    def memory_near(self, at: float) -> float:
        """MB at about that time."""
        return self._near(at).memory

    @property
    def peak_memory(self) -> float:
        """MB."""
        return max((sample.memory for sample in self.samples), default=0.0)

    def look(self) -> None:
        """Take one sample."""
        memory = 0.0
        for process in self._tree():
            try:
                times = process.cpu_times()
                self._cpu[process.pid, self._kind(process)] = times.user + times.system
                memory += process.memory_full_info().pss / _MEGABYTE
            except psutil.Error:
                continue
        by_kind: dict[str, float] = {}
        for (_, kind), seconds in self._cpu.items():
            by_kind[kind] = by_kind.get(kind, 0.0) + seconds
        self.samples.append(Sample(time.monotonic(), sum(by_kind.values()), memory, by_kind))

    def _run(self) -> None:
        while not self._stop.is_set():
            self.look()
            self._stop.wait(_EVERY_SECONDS)

    def _tree(self) -> list[psutil.Process]:
        try:
            root = psutil.Process(self.pid)
            return [root, *root.children(recursive=True)]
        except psutil.Error:
            return []

    def _kind(self, process: psutil.Process) -> str:
        if process.pid == self.pid:
            return "main"
        return "jvm" if process.name() == "java" else "python"

    def _near(self, at: float) -> Sample:
        return min(self.samples, key=lambda sample: abs(sample.at - at))
