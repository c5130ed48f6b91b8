#!/bin/sh
# Make .venv hold what a requirements file names: `scripts/install.sh requirements.txt`.
# Does nothing when .venv already holds exactly that, so it may run before every command.
# PYTHON names the interpreter to build .venv with; without it, the first suitable one on the PATH.
set -eu
cd "$(dirname "$0")/.."

requirements=$1
stamp=.venv/.installed-$(basename "$requirements" .txt)

fail() {
    echo "error: $1" >&2
    exit 2
}

suits() {
    "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

suitable_python() {
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11 python}; do
        if suits "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    found=$("${PYTHON:-python3}" --version 2>&1 | head -n 1) || true
    fail "Expected Python 3.11 or newer with its venv module, got ${found:-none}; install it (on Debian: python3 and python3-venv) or name one, as in \`make run PYTHON=/path/to/python3.11\`."
}

# The file itself and those it includes.
wanted=$(cat requirements.txt "$requirements" | cksum)
if [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && suits .venv/bin/python; then
    exit 0
fi

mkdir -p .venv 2>/dev/null || fail "Expected to write .venv in $(pwd), got no permission; move the project to a folder of yours."
if command -v flock >/dev/null 2>&1; then
    # A second make waits here rather than installing into the same folder at the same time.
    exec 9>.venv/.lock
    flock 9
    if [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && suits .venv/bin/python; then
        exit 0
    fi
fi

if ! suits .venv/bin/python; then
    python=$(suitable_python)
    "$python" -m venv --clear .venv || fail "Expected \`$python -m venv .venv\` to make an environment, got the message above; repair that Python or name another with PYTHON=."
fi
echo "Installing what $requirements names into .venv; the first time this takes a few minutes." >&2
.venv/bin/python -m pip install --quiet --quiet --disable-pip-version-check -r "$requirements" ||
    fail "Expected pip to install $requirements, got the message above; check the network and the free disk space, then run the same command again."
cat requirements.txt requirements.txt | cksum >.venv/.installed-requirements
echo "$wanted" >"$stamp"
