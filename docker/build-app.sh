#!/bin/sh
# build-app.sh SOURCE TARGET EXTRAS: install mangacolor from SOURCE with EXTRAS (as in pip's brackets) into a
# virtual environment at TARGET, and leave out the installer.
set -eu

source=$1
target=$2
extras=$3

python3 -m venv "$target"
"$target/bin/python" -m pip install --no-cache-dir "${source}[${extras}]"
"$target/bin/python" -m pip uninstall --yes --quiet pip
"$target/bin/mangacolor" --version
