#!/bin/sh
# rehearse.sh ROOT [EXTRAS]: do in the folder ROOT what the Dockerfile does for the target cpu, where no Docker
# runs. As root, on Debian with debootstrap. ROOT becomes a Debian with Python 3.13, and /src in it what
# .dockerignore lets through; then the scripts of the build run there.
set -eu

root=$1
extras=${2:-archives,serve,watch}
here=$(cd "$(dirname "$0")/.." && pwd)

# in_root COMMAND: with /proc and /dev of its own, which are gone when it ends.
in_root() {
    # shellcheck disable=SC2016 # the inner shell is to expand these
    unshare --mount --pid --fork sh -c \
        'root=$1 && shift && mount -t proc proc "$root/proc" && mount --bind /dev "$root/dev" &&
         exec chroot "$root" env -i HOME=/root PATH=/usr/bin:/bin:/usr/sbin:/sbin "$@"' sh "$root" "$@"
}

if [ ! -x "$root/usr/bin/python3.13" ]; then
    debootstrap --variant=minbase --include=python3.13,python3.13-venv,ca-certificates trixie "$root"
fi
ln -sf python3.13 "$root/usr/bin/python3"
# How this machine reaches Debian and the package index.
cp /etc/resolv.conf "$root/etc/resolv.conf"
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"

rm -rf "$root/src" "$root/opt/mangacolor"
mkdir -p "$root/src" "$root/data/in" "$root/data/out" "$root/data/serve"
sed -n 's/^!//p' "$here/.dockerignore" |
    tar --directory "$here" --exclude=__pycache__ --create --files-from - | tar --directory "$root/src" --extract
cp "$here/docker/entrypoint.sh" "$here/docker/healthcheck.py" "$root/opt/"

in_root sh /src/docker/build-system.sh
in_root sh /src/docker/build-app.sh /src /opt/mangacolor "$extras"
du -sm "$root/opt/mangacolor"
