#!/usr/bin/env bash
# Installs the deployed programs which tests/interop runs ours against, pinned, each in a virtual environment of its own.
# Usage: tests/interop/install-peers.sh   (again at any time: what is there in the right version is left alone)
# Folder: $LINKSOCKS_PEERS, by default .cache/peers in the repository.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
peers=${LINKSOCKS_PEERS:-$root/.cache/peers}
python=${PYTHON:-python3}

# The Go program comes inside a Python package; both need the same command-line libraries. Wheels only: nothing is built.
go_libraries=(cffi==2.1.1 click==8.5.1 rich==15.0.0)
py_libraries=(click==8.5.1 websockets==17.4)

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

mkdir -p "$peers"
install_peer go-1.10.1 linksocks==1.10.1 "${go_libraries[@]}"
install_peer go-1.8.13 linksocks==1.8.13 "${go_libraries[@]}"
install_peer py-1.5.1 pywssocks==1.5.1 "${py_libraries[@]}"
