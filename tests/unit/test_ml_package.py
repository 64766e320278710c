"""The environment of a logged model names everything that its code imports."""

import ast
import json
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

from configs.settings import ROOT
from ml_service.mlflow_backend import REQUIREMENTS

_LOADED = """
import json, sys
import ml_service.replay_model
print(json.dumps([module.__file__ for module in list(sys.modules.values()) if getattr(module, "__file__", None)]))
"""


def test_every_library_that_a_logged_model_imports_is_in_its_environment() -> None:
    done = subprocess.run([sys.executable, "-c", _LOADED], cwd=ROOT, capture_output=True, text=True, check=True)
    packages = [ROOT / name for name in ("ml_service", "contracts", "common", "configs", "storage")]
    own = [file for file in json.loads(done.stdout.splitlines()[-1]) if any(map(file.startswith, map(str, packages)))]
    assert str(ROOT / "ml_service" / "duel.py") in own
    imported: set[str] = set()
    for file in own:
        for node in ast.walk(ast.parse(Path(file).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                imported.add(node.module.partition(".")[0])
    known = packages_distributions()
    missing = [
        name
        for name in imported & set(known)
        if not {one.lower().replace("_", "-") for one in known[name]} & set(REQUIREMENTS)
    ]
    assert missing == []
    assert "scipy" in imported
