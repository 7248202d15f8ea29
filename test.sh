#!/usr/bin/env bash
# Sets up what the tests need and runs them: `./test.sh ARGS…` passes ARGS on to pytest (`./test.sh -k NAME`).
#
# Some tests use programs from Debian. As root this installs what is missing; otherwise it names the one line that
# would, runs the rest, and the skips are counted at the end.
set -euo pipefail

here=$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")" && pwd)
# shellcheck source=deploy/environment.sh
source "$here/deploy/environment.sh"

darkstore_environment "$here" requirements-dev.lock
export PATH="$PATH:/usr/sbin:/sbin" # Debian puts mosquitto there, which is not on every user's path

missing=()
for program in chromium mosquitto strace; do
  command -v "$program" >/dev/null || missing+=("$program")
done
"$here/.venv/bin/python" -c 'import ctypes; ctypes.CDLL("libzbar.so.0")' 2>/dev/null || missing+=(libzbar0)

if [ "${#missing[@]}" -gt 0 ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "test.sh: installing Debian packages: ${missing[*]}" >&2
    {
      DEBIAN_FRONTEND=noninteractive apt-get update -qq &&
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
    } >/dev/null || echo "test.sh: apt-get could not install ${missing[*]}; the tests that need them are skipped" >&2
  else
    echo "test.sh: some tests are skipped; to run them too:" >&2
    echo "  sudo apt install --no-install-recommends ${missing[*]}" >&2
  fi
fi

cd "$here"
# A file's tests stay together: some share a whole shift.
exec "$here/.venv/bin/python" -m pytest -n 2 --dist loadfile "$@"
