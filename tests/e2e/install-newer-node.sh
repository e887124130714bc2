#!/usr/bin/env bash
# Installs the newer Node on which --fingerprint speaks with Node's own TLS, pinned, from the package that holds its program.
# Usage: tests/e2e/install-newer-node.sh   (again at any time: what is there in the right version is left alone)
# Folder: .cache/newer-node in the repository.
set -euo pipefail

readonly version=26.10.0
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
folder=$root/.cache/newer-node
package=$(node -p '`node-${process.platform}-${process.arch}`')

if [[ $("$folder/bin/node" --version 2>/dev/null) == "v$version" ]]; then
  echo "node $version: already installed"
  exit
fi
rm -rf "$folder"
mkdir -p "$folder"
archive=$(cd "$folder" && npm pack --silent "$package@$version")
tar -xzf "$folder/$archive" -C "$folder" --strip-components=1
rm "$folder/$archive"
echo "node $("$folder/bin/node" --version): installed"
