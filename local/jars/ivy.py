"""Apache Ivy, which ships inside pyspark: the package client for jars, with its own default registry."""

import importlib.util
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import quoteattr

from local.errors import SetupError
from local.runtime import java

_SETTINGS = """\
<ivysettings>
  <settings defaultResolver="public"/>
  <resolvers><ibiblio name="public" m2compatible="true" usepoms="{use_poms}"/></resolvers>
</ivysettings>
"""

_MODULE = """\
<ivy-module version="2.0" xmlns:m="http://ant.apache.org/ivy/maven">
  <info organisation="trendscope" module="{name}"/>
  <configurations><conf name="default"/></configurations>
  <dependencies>
{dependencies}
  </dependencies>
</ivy-module>
"""

COORDINATE_PATTERN = "[organisation]/[module]/[revision]/([classifier])/[artifact].[ext]"
"""A retrieve pattern whose path spells a jar's coordinates."""
FILE_PATTERN = "[artifact]-[revision](-[classifier]).[ext]"
"""A retrieve pattern that gives files the names they have in the registry."""


@dataclass(frozen=True, slots=True)
class Dependency:
    """A module to fetch: with all it needs, or exactly the given artifacts of it (classifiers; "" is the main one)."""

    organisation: str
    module: str
    revision: str
    classifiers: tuple[str, ...] | None = None

    def to_xml(self) -> str:
        """The `<dependency>` element of an ivy.xml."""
        names = f"org={quoteattr(self.organisation)} name={quoteattr(self.module)} rev={quoteattr(self.revision)}"
        if self.classifiers is None:
            return f'    <dependency {names} conf="default->default"/>'
        artifacts = "".join(
            f'<artifact name={quoteattr(self.module)} type="jar" ext="jar"'
            + (f" m:classifier={quoteattr(classifier)}" if classifier else "")
            + "/>"
            for classifier in self.classifiers
        )
        return f'    <dependency {names} transitive="false" conf="default->default">{artifacts}</dependency>'


def ivy_jar() -> Path:
    """The Ivy that pyspark brings.

    Raises:
        SetupError: pyspark is not installed.
    """
    spec = importlib.util.find_spec("pyspark")
    found = sorted((Path(spec.origin).parent / "jars").glob("ivy-*.jar")) if spec and spec.origin else []
    if not found:
        raise SetupError("pyspark with its ivy jar is not installed: run `./setup.sh`")
    return found[0]


def retrieve(  # noqa: PLR0913 - each is a choice of the one call
    name: str,
    dependencies: Iterable[Dependency],
    *,
    work: Path,
    target: Path,
    pattern: str,
    transitive: bool,
    on_line: Callable[[str], None] = lambda _: None,
) -> None:
    """Fetch jars into `target`; what an earlier, interrupted call already fetched is taken from `work`.

    Args:
        name: what is fetched, for Ivy's own files and for messages.
        dependencies: what to fetch.
        work: Ivy's cache and the files written for it.
        target: the folder the jars go to.
        pattern: how they are named there.
        transitive: read each module's POM and follow its dependencies; else fetch what is named alone.
        on_line: called with each line of Ivy's output.

    Raises:
        SetupError: Ivy failed; the text has the lines in which it says why.
    """
    work.mkdir(parents=True, exist_ok=True)
    settings, module = work / "settings.xml", work / f"{name}.xml"
    settings.write_text(_SETTINGS.format(use_poms=str(transitive).lower()))
    module.write_text(_MODULE.format(name=name, dependencies="\n".join(item.to_xml() for item in dependencies)))
    command = [java(), "-Xmx256m", "-XX:TieredStopAtLevel=1", "-jar", str(ivy_jar())]
    command += ["-settings", str(settings), "-ivy", str(module), "-cache", str(work / "cache")]
    command += ["-confs", "default", "-types", "jar", "bundle", "-retrieve", str(target / pattern)]
    complaints: list[str] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        for line in process.stdout or ():
            on_line(line)
            if "UNRESOLVED" in line or "FAILED" in line or "ERROR" in line or "Host " in line:
                complaints.append(line.strip())
        code = process.wait()
    if code:
        detail = "; ".join(dict.fromkeys(complaints)) or f"Ivy exited with {code}"
        raise SetupError(
            f"the jars of {name} could not be fetched ({detail[:600]}): is the network there? Run the command again, "
            "it goes on where it stopped"
        )
