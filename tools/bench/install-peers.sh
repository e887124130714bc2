#!/usr/bin/env bash
# Installs the programs that `pnpm bench` compares with, as far as package registries have them.
# Usage: tools/bench/install-peers.sh   (may be repeated: installed programs stay as they are)
# Folder: $LINKSOCKS_BENCH_PEERS, by default .cache/bench-peers in the repository. The end of the output
# and the table name programs that are not available; that is no failure. A program on PATH is used as it is. The table
# shows the versions.
set -uo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
bin=${LINKSOCKS_BENCH_PEERS:-$root/.cache/bench-peers}/bin
# Time limit: a Rust program of this size takes minutes to build.
readonly build_limit_seconds=900
missing=()

# peer NAME COMMAND...: installs NAME into $bin with the command, unless it is there already.
peer() {
  local name=$1 output
  shift
  if [[ -x $bin/$name ]] || command -v "$name" >/dev/null; then
    echo "$name: already installed"
  elif ! command -v "$1" >/dev/null; then
    missing+=("$name: there is no $1 to install it with")
  elif output=$(timeout "$build_limit_seconds" "$@" 2>&1) && { [[ -x $bin/$name ]] || command -v "$name" >/dev/null; }; then
    echo "$name: installed"
  else
    missing+=("$name: $(tail -n 1 <<<"$output")")
  fi
}

# go_peer NAME PACKAGE: builds the package in peers/NAME, where its version is pinned.
go_peer() {
  local name=$1 package=$2 module=$root/tools/bench/peers/$1 version
  version=$(sed -n 's/^require .* v//p' "$module/go.mod" | head -n 1)
  # chisel prints the version that the build sets.
  peer "$name" go -C "$module" build -o "$bin/$name" \
    -ldflags "-s -w -X github.com/jpillora/chisel/share.BuildVersion=$version" "$package"
}

mkdir -p "$bin"
bash "$root/tests/interop/install-peers.sh" || missing+=('Go LinkSocks and pywssocks: see above')
go_peer chisel github.com/jpillora/chisel
go_peer gost .
peer wstunnel cargo install --quiet --locked --root "${bin%/bin}" wstunnel
if [[ $(id -u) == 0 ]]; then
  peer v2ray apt-get install -y -qq --no-install-recommends v2ray
fi
command -v v2ray >/dev/null || missing+=('v2ray: apt-get install v2ray')

if ((${#missing[@]} > 0)); then
  printf '\nmissing:\n'
  printf '  %s\n' "${missing[@]}"
fi
