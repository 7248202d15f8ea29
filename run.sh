#!/usr/bin/env bash
# Sets up what the station needs (once) and runs it: `./run.sh ARGS…` is `darkstore ARGS…`; alone it plays the demo.
#
# Needs 64-bit Linux and Python 3.11 or newer with `venv`; no root, no system package. Everything goes into .venv
# beside this file; a second start only compares a stamp.
set -euo pipefail

here=$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")" && pwd)
# shellcheck source=deploy/environment.sh
source "$here/deploy/environment.sh"

darkstore_environment "$here" requirements.lock

[ $# -gt 0 ] || set -- demo
export PYTHONPATH="$here${PYTHONPATH:+:$PYTHONPATH}"
exec "$here/.venv/bin/python" -m edge "$@"
