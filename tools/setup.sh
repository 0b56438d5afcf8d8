#!/bin/sh
# Make a virtual environment with exactly what a lock file says, and the project itself, editable, in it.
# usage: tools/setup.sh VENV LOCK
set -eu

venv=$1
lock=$2
here=$(dirname "$0")

find_python() {
    for name in ${PYTHON:-} python3.11 python3.12 python3.13 python3.14 python3 /usr/bin/python3; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$name"
            return
        fi
    done
    echo "Tonearm needs Python 3.11 or newer. Set PYTHON=/path/to/it if it has another name." >&2
    exit 1
}

make_venv() {
    python=$(find_python)
    # Debian's python has no pip of its own to put into an environment before pythonX.Y-venv is installed.
    if ! "$python" -c 'import ensurepip' 2>/dev/null; then
        "$here/system_packages.sh" "$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
    fi
    echo "Making $venv with $("$python" --version)"
    "$python" -m venv --clear "$venv"
}

# uv takes seconds where pip takes a minute. It does not read pip's settings, though: where pip is told to use
# another index, or uv cannot do it, pip does the same from the same lock. pip compiles what it installs; uv has to
# be asked, and without it a start takes twice as long wherever Python may not write its caches.
install() {
    if ! "$venv/bin/pip" config list 2>/dev/null | grep -Eq '[.](index-url|no-index)='; then
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$here/../requirements/uv.txt" &&
            "$venv/bin/uv" pip install --quiet --compile-bytecode --python "$venv/bin/python" "$@" && return
        echo "uv did not work here; trying pip, which is slower" >&2
    fi
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "$@"
}

"$venv/bin/python" -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || make_venv
echo "Installing $(grep -c == "$lock") packages from $lock"
install --require-hashes -r "$lock"
echo "Installing Tonearm itself, editable"
install --no-deps --no-build-isolation --editable "$here/.."
