"""The command line of the local platform: `python -m local COMMAND`, which `./setup.sh COMMAND` calls."""

import os
import sys
import time
from typing import Annotated

import typer
from rich.console import Console
from rich.live import Live
from rich.text import Text

from common.clock import system_clock
from configs.settings import load_settings
from contracts.errors import ConfigurationError, DependencyError, TrendScopeError
from local import docker, suite
from local.checks import check_python, memory_warning
from local.containers import cli as containers
from local.containers.stack import ImagesMissingError
from local.envfile import ensure_env_file
from local.errors import JavaError
from local.jars.install import install_jars
from local.logs import follow, log_files, show
from local.platform import Platform
from local.progress import JarProgress
from local.ranking import latest_ranking, table_of
from local.status import measure, probes, status_table
from local.urls import urls
from storage.store import Store

_REFRESH_SECONDS = 2.0
_STORE_SECONDS = 10.0
"""How long `top` waits for Cassandra: somebody is looking at the screen."""

_WIDTH = 110
"""Columns where no terminal says how many it has, in a CI log for example."""

app = typer.Typer(
    help="TrendScope on this machine: which films are trending, and where they are heading.",
    no_args_is_help=False,
    add_completion=False,
    pretty_exceptions_enable=False,
)
console = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH)


def say(text: str) -> None:
    """One line for people, with the time."""
    console.print(f"[dim]{system_clock():%H:%M:%S}[/dim] {text}", soft_wrap=True)


def _platform() -> Platform:
    return Platform(load_settings())


@app.callback(invoke_without_command=True)
def default(context: typer.Context) -> None:
    """Without a command: `up`."""
    if context.invoked_subcommand is None:
        up()


@app.command()
def up(
    use_docker: Annotated[bool, typer.Option("--docker", help="As containers.")] = False,
    use_local: Annotated[bool, typer.Option("--local", help="As processes of this machine.")] = False,
) -> None:
    """Start the platform and wait until it shows films with TrendScores and forecasts."""
    if use_docker and use_local:
        raise ConfigurationError("--docker and --local exclude each other")
    check_python()
    if ensure_env_file():
        say(".env was made from .env.example: put your TMDB and Reddit keys there; without them both are simulated")
    reason = None if use_local else _why_no_containers()
    if use_docker and reason:
        raise ConfigurationError(f"--docker: {reason}")
    if reason:
        say(f"going on without containers: {reason}")
    if use_local or reason or (not use_docker and _platform().is_running()):
        _up_local()
        return
    try:
        containers.up(say, console)
    except ImagesMissingError as error:
        if use_docker or (
            sys.stdin.isatty() and not typer.confirm(f"{error}. Run as processes of this machine?", True)
        ):
            raise
        say(f"going on without containers: {error}")
        _up_local()


def _why_no_containers() -> str | None:
    """One sentence when the platform is not to run as containers here; None when it can."""
    if load_settings().secure:
        return "SECURE=1 is for processes of the machine (--local); containers want SECURE=0 in .env"
    return docker.problem()


def _up_local() -> None:
    began = time.monotonic()
    platform = _platform()
    if platform.simulated:
        say(f"no key for {' and '.join(platform.simulated)} in .env: the simulator stands in")
    if warning := memory_warning():
        say(f"warning: {warning}")
    with JarProgress(console) as progress:
        platform.up(say=say, progress=progress)
    platform.wait_ready(say=say)
    say(f"ready after {time.monotonic() - began:.0f} s")
    with _store(platform) as store:
        ranking = latest_ranking(store) or latest_ranking(store, live=True)
    if ranking is not None:
        console.print(table_of(ranking, system_clock(), console.width))
    for text, address in urls(platform.settings, platform.programs):
        console.print(f"{text:45} {address}", soft_wrap=True)
    if not any(program.name == "prometheus" for program in platform.programs):
        console.print(
            "Prometheus is not installed (Debian: apt-get install prometheus && systemctl disable --now prometheus, "
            "since the package starts one of its own): metrics are not kept",
            soft_wrap=True,
        )
    console.print("\n./setup.sh top | status | logs | stop | --help")


@app.command()
def status() -> None:
    """Each process: state, since when, memory, how far behind, age of the last event."""
    platform = _platform()
    states, memories, settings = platform.states(), None, platform.settings
    if not states and (stack := containers.found()) and stack.is_running():
        states, memories, settings = stack.states(), stack.memory(), stack.settings
    if not states:
        say("not running: `./setup.sh` starts it")
        raise typer.Exit(3)  # LSB: status of a service that is stopped
    wanted = probes(settings)
    running = {state.name for state in states if state.state == "RUNNING"}
    paces = {name: measure(probe) for name, probe in wanted.items() if name in running}
    console.print(status_table(states, paces, system_clock(), memories))


@app.command()
def logs(
    service: Annotated[str | None, typer.Argument(help="One service; without: all.")] = None,
    keep_following: Annotated[bool, typer.Option("--follow", "-f", help="Go on as new lines come.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="Last lines of each.")] = 50,
) -> None:
    """Show the services' logs."""
    platform = _platform()
    if not platform.is_running() and (stack := containers.found()) and stack.states():
        stack.logs(service, lines=lines, follow=keep_following)
        return
    files = log_files(platform.supervisor.logs, service)
    if not files:
        known = ", ".join(file.stem for file in log_files(platform.supervisor.logs)) or "none yet"
        raise ConfigurationError(f"no log of {service or 'any service'}; there are: {known}")
    show(files, lines, typer.echo)
    if keep_following:
        follow(files, typer.echo)


@app.command()
def top(
    once: Annotated[bool, typer.Option("--once", help="Print the table once.")] = False,
    live: Annotated[
        bool, typer.Option("--live", help="The newest window, still open, instead of the last closed.")
    ] = False,
    count: Annotated[int, typer.Option("--count", "-n", min=1, max=100, help="How many films.")] = 10,
) -> None:
    """The films trending now, refreshed until Ctrl-C."""
    with _store(_platform()) as store:
        if once:
            ranking = latest_ranking(store, count, live=live)
            console.print(table_of(ranking, system_clock(), console.width) if ranking else "no window has closed yet")
            return
        with Live(console=console, auto_refresh=False, screen=console.is_terminal) as display:
            while True:
                ranking = latest_ranking(store, count, live=live)
                now = system_clock()
                display.update(
                    table_of(ranking, now, console.width) if ranking else Text("no window has closed yet"), refresh=True
                )
                time.sleep(_REFRESH_SECONDS)


@app.command()
def stop() -> None:
    """Stop everything cleanly; the data stay."""
    platform = _platform()
    stack = containers.found()
    was_running = platform.is_running()
    if stack and stack.is_running():
        was_running = True
        stack.stop()
    platform.stop(say=say)
    say("stopped" if was_running else "was not running")


@app.command()
def reset(yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:
    """Stop, and delete all data: topics, tables, checkpoints, models and logs."""
    platform = _platform()
    stack = containers.found()
    also = " and in the containers' volumes" if stack else ""
    if not yes and not typer.confirm(f"Delete everything in {platform.data_dir}{also}?"):
        raise typer.Exit(1)
    if stack:
        stack.reset()
        say("containers and volumes are gone")
    platform.reset()
    say(f"{platform.data_dir} is empty")


@app.command()
def install() -> None:
    """Fetch and verify the jars of Kafka, Cassandra and Spark's connector; `up` does so by itself."""
    with JarProgress(console) as progress:
        fetched = install_jars(progress)
    say(f"{fetched} jars fetched, all verified")


@app.command("test", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def run_tests(
    context: typer.Context,
    fast: Annotated[bool, typer.Option("--fast", help="Checks and unit tests alone.")] = False,
    compose: Annotated[bool, typer.Option("--compose", help="The tests of the containers alone.")] = False,
    faults: Annotated[bool, typer.Option("--faults", help="Shoot at a platform, see docs/reliability.md.")] = False,
) -> None:
    """Run the checks and all tests; further arguments go to pytest (with --faults: to tests.faults)."""
    if faults:
        wanted = suite.faults_command(context.args)
    elif compose:
        os.environ[suite.COMPOSE_VARIABLE] = "1"
        wanted = suite.compose_command(context.args)
    else:
        wanted = suite.commands(fast=fast, pytest_args=context.args)
    if not fast and not compose:
        install()
    failed = suite.run(wanted, say=lambda text: print(text, flush=True))
    if failed and failed != ["tests"]:
        print(f"failed: {', '.join(failed)}", flush=True)
    if failed:
        raise typer.Exit(1)


def _store(platform: Platform) -> Store:
    return Store.open(platform.settings.model_copy(update={"startup_deadline": _STORE_SECONDS}))


def main() -> None:
    """Run a command; a failure that is expected ends with one sentence and an exit code, not with a traceback.

    Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not running (`status`), 69 a server is away, 78 something to set
    right, 79 Java to install (setup.sh knows the number), 130 interrupted.
    """
    try:
        app()
    except JavaError as error:
        code, text = 79, str(error)
    except ConfigurationError as error:
        code, text = 78, str(error)
    except DependencyError as error:
        code, text = 69, str(error)
    except TrendScopeError as error:
        code, text = 1, str(error)
    except KeyboardInterrupt:
        code, text = 130, "interrupted; the same command goes on where it stopped"
    else:
        return
    Console(stderr=True, highlight=False).print(f"[bold red]error:[/bold red] {text}", soft_wrap=True)
    raise SystemExit(code)
