#!/bin/sh
# Install the Debian packages named on the command line, those that are missing; without root, say how.
set -eu

if ! command -v dpkg-query >/dev/null; then
    echo "This is not Debian. Please install the counterparts of: $*" >&2
    exit 1
fi

missing=
for package in "$@"; do
    status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
    echo "System packages are missing. Please run this, then the same make command again:" >&2
    echo "    sudo apt-get install --no-install-recommends$missing" >&2
    exit 1
fi

echo "Installing Debian packages:$missing"
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086  # one word a package
install() { apt-get install --yes --quiet=2 --no-install-recommends -o Dpkg::Use-Pty=0 $missing </dev/null >/dev/null; }
# Package lists may be absent or too old to fetch from; only then are they renewed.
install 2>/dev/null || { apt-get update --quiet=2 && install; }
