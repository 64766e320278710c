#!/usr/bin/env bash
# TrendScope: which films are trending now, why, and where they are heading.
#
#   ./setup.sh [up]          install what is missing, start everything, print the films trending
#   ./setup.sh --local       as processes of this machine, even where Docker is
#   ./setup.sh --docker      as containers
#   ./setup.sh status        each process: state, since when, memory, lag, age of the last event
#   ./setup.sh top           the table of films, live (--once: print it once)
#   ./setup.sh logs [NAME]   the logs of one service or of all (-f: follow)
#   ./setup.sh stop          stop cleanly; the data stay
#   ./setup.sh reset         ask, then delete all data (--yes: do not ask)
#   ./setup.sh test          every check and test (--fast: checks and unit tests alone;
#                            --compose: images and containers alone, built, brought up, killed one by one;
#                            --faults: a platform that is shot at, twenty rounds)
#   ./setup.sh COMMAND --help
#
# This script only brings Python, Java and the pinned packages; `python -m local` does the rest.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

readonly VENV=.venv
readonly STAMP=$VENV/.trendscope-lock
case ${1:-} in
  --local | --docker) set -- up "$@" ;;
esac
command=${1:-up}
missing=()

say() { printf '%s %s\n' "$(date -u +%H:%M:%S)" "$*"; }

has_argument() { # has_argument WANTED ARG...
  local wanted=$1
  shift
  for argument in "$@"; do [[ $argument == "$wanted" ]] && return 0; done
  return 1
}

# as_root COMMAND...: run it when we are root or sudo asks for no password.
as_root() {
  if [[ $(id -u) == 0 ]]; then
    "$@"
  else
    sudo -n "$@"
  fi
}

can_install() {
  command -v apt-get >/dev/null && { [[ $(id -u) == 0 ]] || { command -v sudo >/dev/null && sudo -n true 2>/dev/null; }; }
}

apt_updated=no
apt_install() {
  can_install || return 1
  say "installing $* with apt-get"
  if [[ $apt_updated == no ]]; then
    as_root apt-get update -qq || true
    apt_updated=yes
  fi
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# The first Python that the lock files were made for.
find_python() {
  local candidate
  for candidate in python3.11 python3.12 python3 python; do
    if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' 2>/dev/null; then
      command -v "$candidate"
      return 0
    fi
  done
  return 1
}

# The bounds of local/runtime.py.
java_fits() {
  local launcher=${JAVA_HOME:+$JAVA_HOME/bin/}java version
  version=$("$launcher" -version 2>&1 | sed -nE 's/.*version "(1\.)?([0-9]+).*/\2/p' | head -n 1) || return 1
  [[ ${version:-0} -ge 17 && ${version:-0} -le 21 ]]
}

ensure_java() {
  java_fits || apt_install openjdk-17-jre-headless || apt_install openjdk-21-jre-headless || true
  java_fits || missing+=("Java 17 to 21 (Debian: apt-get install openjdk-17-jre-headless, or openjdk-21-jre-headless), or JAVA_HOME set to one")
}

# Java runs the servers of the local platform; containers bring their own, and unit tests need none.
needs_java() {
  case $command in
    up | install) ! has_argument --docker "$@" && ! docker_answers "$@" ;;
    test) ! has_argument --fast "$@" && ! has_argument --compose "$@" ;;
    *) return 1 ;;
  esac
}

docker_answers() {
  ! has_argument --local "$@" && [[ -f docker-compose.yml ]] && docker info >/dev/null 2>&1
}

has_chromium() {
  local name
  for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable; do
    [[ -n $name ]] && command -v "$name" >/dev/null && return 0
  done
  return 1
}

# The tests of the dashboard open it in a browser; where none can be had they are skipped, and nothing else needs one.
offer_chromium() {
  [[ $command == test ]] && ! has_argument --fast "$@" && ! has_chromium || return 0
  apt_install chromium || apt_install chromium-browser || true
  has_chromium || say "no Chromium (Debian: apt-get install chromium, or CHROMIUM=its path): the browser tests are skipped"
}

check_machine() {
  if ! python=$(find_python); then
    if apt_install python3 python3-venv && python=$(find_python); then
      :
    else
      missing+=("Python 3.11 or 3.12 (Debian 12, Ubuntu 24.04: apt-get install python3 python3-venv; elsewhere for example: uv python install 3.12)")
    fi
  fi
  if needs_java "$@"; then ensure_java; fi
  stop_if_missing
}

stop_if_missing() {
  [[ ${#missing[@]} -gt 0 ]] || return 0
  printf 'missing: %s\n' "${missing[@]}" >&2
  exit 78
}

# Containers were to be tried and may turn out not to be had: the processes in their place need a Java, which 79 asks for.
up_without_java() {
  local code=0
  "$VENV/bin/python" -m local "$@" || code=$?
  [[ $code == 79 ]] || exit "$code"
  ensure_java
  stop_if_missing
}

make_venv() {
  if [[ -x $VENV/bin/python ]] && { "$VENV/bin/python" -m pip --version || "$VENV/bin/python" -m ensurepip; } >/dev/null 2>&1; then
    return
  fi
  say "making an isolated environment in $VENV with $python"
  if ! "$python" -m venv --clear "$VENV" >/dev/null; then
    if ! apt_install python3-venv || ! "$python" -m venv --clear "$VENV"; then
      echo "missing: Python's venv module (Debian: apt-get install python3-venv)" >&2
      exit 78
    fi
  fi
}

digest() { "$python" -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$1"; }

# install_packages KIND: the packages of requirements.lock (run) or of requirements-dev.lock (dev), which holds both.
install_packages() {
  local kind=$1 lock=requirements.lock wanted installed="" quiet=()
  [[ $kind == dev ]] && lock=requirements-dev.lock
  [[ -f $STAMP ]] && installed=$(<"$STAMP")
  wanted="$kind $(digest "$lock")"
  if [[ $installed == "$wanted" || ($kind == run && $installed == "dev $(digest requirements-dev.lock)") ]]; then
    return
  fi
  make_venv
  rm -f "$STAMP"
  # Bars on a terminal; elsewhere only what goes wrong. (Bash 3.2, which macOS has, takes an empty array for unset.)
  [[ -t 2 ]] || quiet=(--quiet)
  say "installing the packages of $lock (the first time: some minutes)"
  if "$VENV/bin/python" -m pip install --quiet --require-hashes -r local/uv.lock &&
    "$VENV/bin/uv" pip sync ${quiet[@]+"${quiet[@]}"} --python "$VENV/bin/python" --require-hashes "$lock"; then
    :
  else
    say "uv could not do it; trying pip, which is slower"
    "$VENV/bin/python" -m pip install --require-hashes -r "$lock"
  fi
  echo "$wanted" >"$STAMP"
}

case $command in
  -h | --help | help)
    sed -n '2,/^set /{s/^# \{0,1\}//;/^set /d;p;}' "${BASH_SOURCE[0]}"
    exit 0
    ;;
esac

# The processor's extension in compiled code is optional: without it the Python code does the same, more slowly.
build_native() {
  command -v cargo >/dev/null || return 0
  local limit=()
  command -v timeout >/dev/null && limit=(timeout 300) # macOS has none
  CARGO_NET_RETRY=1 ${limit[@]+"${limit[@]}"} native/build.sh "$VENV/bin/python" >/dev/null 2>&1 ||
    say "the processor's native extension was not built (native/build.sh says why); its Python code does the work"
}

# A dozen services start: each would compile the same thousands of modules anew if the first must not keep them.
unset PYTHONDONTWRITEBYTECODE
check_machine "$@"
offer_chromium "$@"
if [[ $command == test ]]; then
  install_packages dev
else
  install_packages run
fi
case $command in
  up | install | test) build_native ;;
esac
if [[ $command == up ]] && ! has_argument --docker "$@" && ! java_fits; then
  up_without_java "$@"
  set -- up --local
fi
exec "$VENV/bin/python" -m local "$@"
