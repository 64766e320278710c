#!/usr/bin/env bash
# Build the processor's optional extension and put it beside the packages of the given Python (.venv/bin/python).
#
# Needs cargo and a linker; without them the pure Python code does the same work, with the same results, more slowly.
# Exit codes: 0 built or already there, 69 no cargo (or too old a one), else cargo's own.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
python=${1:-$here/../.venv/bin/python}
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$here/../.runtime/native}

command -v cargo >/dev/null || { echo "no cargo: the processor runs on its Python code" >&2; exit 69; }
minor=$(cargo --version | sed -nE 's/^cargo 1\.([0-9]+).*/\1/p')
[[ ${minor:-0} -ge 85 ]] || { echo "cargo is older than 1.85: the processor runs on its Python code" >&2; exit 69; }

target=$("$python" -c 'import sysconfig; print(sysconfig.get_paths()["platlib"])')/trendscope_native.abi3.so
sources=$(cat "$here"/crates.lock "$here"/Cargo.toml "$here"/src/*.rs | cksum) # POSIX: macOS has no sha256sum
[[ -f $target && -f $target.sources && $(<"$target.sources") == "$sources" ]] && exit 0
"$here/lock.sh"
cargo build --quiet --release --locked --manifest-path "$here/Cargo.toml"
library=$CARGO_TARGET_DIR/release/libtrendscope_native
if [[ -f $library.dylib ]]; then cp "$library.dylib" "$target"; else cp "$library.so" "$target"; fi
echo "$sources" >"$target.sources"
