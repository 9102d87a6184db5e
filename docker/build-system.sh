#!/bin/sh
# What both images have of Debian besides Python: libarchive, for RAR and 7z. Run as root in the image.
set -eu

export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install --yes --no-install-recommends libarchive13t64
rm -rf /var/lib/apt/lists/*
