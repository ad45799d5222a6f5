#!/usr/bin/env bash
# Installs what is missing under $PEERS_HOME and runs every peer (or those named) through every scenario.
#   run_peers.sh                     all peers, 1,000 and 10,000 records, 3 runs, then the 2G scenario of all at once
#   run_peers.sh reference pouchdb   only these
#   N=1000 RUNS=1 run_peers.sh reference
#   INSTALL_ONLY=1 run_peers.sh pouchdb
# Results: results/<peer>.json and results/TABLE.md
set -u
# Native modules are compiled against the headers of the system's node where it has them.
[ -d /usr/include/node ] && export npm_config_nodedir=${npm_config_nodedir:-/usr}
KIT=$(cd "$(dirname "$0")" && pwd)
cd "$KIT/.." || exit 1
PYTHON=${PYTHON:-python3}
export PEERS_HOME=${PEERS_HOME:-$HOME/.cache/sync-peers}
N=${N:-1000,10000}
RUNS=${RUNS:-3}
PEERS=("$@")
[ ${#PEERS[@]} -gt 0 ] || PEERS=(reference pouchdb watermelon actual tinybase kinto)
mkdir -p "$PEERS_HOME" "${PEERS_RESULTS:-$KIT/results}"

home_of() { python3 -c 'import json,sys; d=json.load(open(sys.argv[1])); print(d.get("home", sys.argv[2]))' "$KIT/adapters/$1/peer.json" "$1"; }

setup() {                       # $1 = peer
  local src=$KIT/adapters/$1 dst
  dst=$PEERS_HOME/$(home_of "$1")
  mkdir -p "$dst"
  if [ -f "$src/package.json" ] && [ ! -d "$dst/node_modules" ]; then
    cp "$src/package.json" "$dst/"
    (cd "$dst" && npm install --no-audit --no-fund --ignore-scripts) >"$dst/install.log" 2>&1 || { tail -5 "$dst/install.log"; return 1; }
    # native modules are compiled here, since their usual prebuilt downloads are not reachable
    find "$dst/node_modules" -type d -path '*node_modules/better-sqlite3' -prune | while read -r m; do
      (cd "$m" && npx --yes node-gyp rebuild --release) >>"$dst/install.log" 2>&1 || echo "$1: could not build $m" >&2
    done
  fi
  if [ -f "$src/requirements.txt" ] && [ ! -d "$PEERS_HOME/kinto-venv" ]; then
    python3 -m venv "$PEERS_HOME/kinto-venv" && "$PEERS_HOME/kinto-venv/bin/pip" -q install -r "$src/requirements.txt" || return 1
  fi
}

rc=0
ready=()
for p in "${PEERS[@]}"; do
  if setup "$p"; then ready+=("$p"); else echo "$p: not installed, skipped" >&2; rc=1; fi
done
[ -z "${INSTALL_ONLY:-}" ] || exit $rc
for p in "${ready[@]}"; do
  n=$N
  sc=basic,conflict,cuts,kill,fleet
  if [ "$p" = kinto ]; then n=1000; sc=basic,conflict,fleet; fi      # about 20 ms of server CPU per record
  "$PYTHON" -m bench.run --peer "$p" --n "$n" --runs "$RUNS" --scenarios "$sc" || rc=1
done
# the 2G scenario waits on the link nearly all the time, so the peers can share the machine
pids=()
for p in "${ready[@]}"; do "$PYTHON" -m bench.run --peer "$p" --scenarios slow & pids+=($!); sleep 2; done
for i in "${pids[@]}"; do wait "$i" || rc=1; done
"$PYTHON" -m bench.run --table | tee "${PEERS_RESULTS:-$KIT/results}/TABLE.md"
exit $rc
