# Sourced by run.sh and test.sh: one Python environment in .venv, filled from a hash-locked list of requirements.
# shellcheck shell=bash

darkstore_fail() {
  printf '%s\n' "$@" >&2
  exit 3
}

# Prints the first Python that is new enough, or explains what to install.
darkstore_python() {
  local candidate
  for candidate in python3 python3.13 python3.12 python3.11 python3.14; do
    if command -v "$candidate" >/dev/null 2>&1 &&
      "$candidate" -c 'import sys; sys.exit(not (sys.version_info >= (3, 11)))' >/dev/null 2>&1; then
      "$candidate" -c 'import struct, sys; sys.exit(struct.calcsize("P") != 8)' ||
        darkstore_fail "This is a 32-bit Python; the picture and model libraries exist for 64-bit Linux only." \
          "Install the 64-bit edition of your system (Raspberry Pi OS 64-bit, for example)."
      command -v "$candidate"
      return
    fi
  done
  darkstore_fail "Python 3.11 or newer is needed and was not found (python3 is: $(python3 --version 2>&1 || true))." \
    "On Debian 12, Ubuntu 24.04 or later:  sudo apt install python3 python3-venv"
}

# Makes an empty .venv, by uv where there is one, else by Python's own venv.
darkstore_make_venv() {
  local venv=$1 python=$2
  rm -rf -- "$venv"
  if command -v uv >/dev/null 2>&1; then
    uv venv --quiet --python "$python" "$venv"
  elif ! "$python" -m venv "$venv" >"$venv.log" 2>&1; then
    local version
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    rm -rf -- "$venv"
    cat -- "$venv.log" >&2
    rm -f -- "$venv.log"
    darkstore_fail "" "Python $version has no working venv. On Debian and Ubuntu it is a package of its own:" \
      "  sudo apt install python3-venv   (or python$version-venv)"
  fi
  rm -f -- "$venv.log"
}

# darkstore_environment FOLDER LOCK: afterwards FOLDER/.venv holds exactly what FOLDER/LOCK names.
# The stamp is the content of the lock itself: a second start compares two files and goes on.
darkstore_environment() {
  local folder=$1 lock=$1/$2 venv=$1/.venv stamp=$1/.venv/installed-$2 turn
  export UV_PYTHON_DOWNLOADS=never
  cmp -s -- "$lock" "$stamp" && [ -x "$venv/bin/python" ] && return
  # Two starts at once take turns; the second finds the work done.
  exec {turn}<"$lock"
  if command -v flock >/dev/null 2>&1; then flock "$turn"; fi
  if ! { cmp -s -- "$lock" "$stamp" && "$venv/bin/python" -c '' 2>/dev/null; }; then
    local python
    if ! "$venv/bin/python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      python=$(darkstore_python) || exit 3
      echo "Setting up in $venv (once, under a minute)…" >&2
      darkstore_make_venv "$venv" "$python"
    else
      echo "Bringing $venv up to date…" >&2
    fi
    rm -f -- "$venv"/installed-*
    if command -v uv >/dev/null 2>&1; then
      uv pip install --quiet --python "$venv/bin/python" --require-hashes -r "$lock"
    else
      "$venv/bin/python" -m pip --version >/dev/null 2>&1 || "$venv/bin/python" -m ensurepip >/dev/null
      "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock"
    fi || darkstore_fail "" "The packages named in $2 could not be installed (see above)." \
      "Setting up needs a package index once: check the network or the proxy settings, then start again."
    cp -- "$lock" "$stamp"
    # What tests need holds all that the station needs: the station then has nothing to install.
    [ "$2" != requirements-dev.lock ] || cp -- "$folder/requirements.lock" "$venv/installed-requirements.lock"
  fi
  exec {turn}<&-
}
