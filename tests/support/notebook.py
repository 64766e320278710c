"""Runs a notebook as a person would, in a kernel of its own."""

from collections.abc import Mapping
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

_CELL_SECONDS = 120


def run_notebook(path: Path, environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> str:
    """Execute every cell, with more environment for the kernel; the text of all results.

    Raises:
        CellExecutionError: a cell failed; its text has the traceback.
    """
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    resources = {"metadata": {"path": str(path.parent)}}
    NotebookClient(notebook, timeout=_CELL_SECONDS, kernel_name="python3", resources=resources).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return "\n".join(str(output.get("data", {}).get("text/plain", "")) for output in outputs)
