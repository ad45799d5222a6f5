#!/usr/bin/env python3
"""Starts a throw-away PostgreSQL cluster (as user postgres) and Kinto on it.  Loopback only."""

import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

p = argparse.ArgumentParser()
p.add_argument("--dir", required=True)
p.add_argument("--port", type=int, required=True)
a = p.parse_args()
HOME = os.environ.get("PEERS_HOME", os.path.expanduser("~/.cache/sync-peers"))
BIN = next(
    (
        d
        for d in ("/usr/lib/postgresql/15/bin", "/usr/lib/postgresql/16/bin", "/usr/lib/postgresql/17/bin")
        if os.path.isdir(d)
    ),
    "",
)
KINTO = os.path.join(HOME, "kinto-venv", "bin", "kinto")
pg = os.path.join(a.dir, "pg")
os.makedirs(pg)
shutil.chown(pg, "postgres")
d = a.dir
while d != "/":
    os.chmod(d, os.stat(d).st_mode | 0o011)
    d = os.path.dirname(d)
as_pg = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
subprocess.run(
    as_pg + [BIN + "/initdb", "-D", pg, "-A", "trust", "-E", "UTF8", "--locale=C", "-U", "postgres"],
    check=True,
    stdout=sys.stderr,
)
with socket.socket() as s:
    s.bind(("127.0.0.1", 0))
    pgport = s.getsockname()[1]
kids = [
    subprocess.Popen(
        as_pg + [BIN + "/postgres", "-D", pg, "-p", str(pgport), "-h", "127.0.0.1", "-k", pg], stdout=sys.stderr
    )
]


def stop(*_):
    for k in reversed(kids):
        if k.poll() is None:
            k.send_signal(signal.SIGTERM if k is not kids[0] else signal.SIGINT)
    for k in reversed(kids):
        try:
            k.wait(8)
        except subprocess.TimeoutExpired:
            k.kill()
    sys.exit(0)


signal.signal(signal.SIGTERM, stop)
signal.signal(signal.SIGINT, stop)
url = "postgresql://postgres@127.0.0.1:%d/postgres" % pgport
for _ in range(100):
    if subprocess.run([BIN + "/pg_isready", "-q", "-h", "127.0.0.1", "-p", str(pgport)]).returncode == 0:
        break
    time.sleep(0.1)
ini = os.path.join(a.dir, "kinto.ini")
with open(ini, "w") as f:
    f.write(
        """[server:main]
use = egg:waitress#main
host = 127.0.0.1
port = %d
threads = 8
channel_timeout = 300
[app:main]
use = egg:kinto
kinto.storage_backend = kinto.core.storage.postgresql
kinto.storage_url = %s
kinto.storage_max_fetch_size = 10000
kinto.cache_backend = kinto.core.cache.memory
kinto.permission_backend = kinto.core.permission.postgresql
kinto.permission_url = %s
kinto.userid_hmac_secret = bench
kinto.paginate_by = 500
kinto.batch_max_requests = 100
multiauth.policies = basicauth
kinto.bucket_create_principals = system.Authenticated
[loggers]
keys = root
[handlers]
keys = console
[formatters]
keys = generic
[logger_root]
level = ERROR
handlers = console
[handler_console]
class = StreamHandler
args = (sys.stderr,)
level = NOTSET
formatter = generic
[formatter_generic]
format = %%(message)s
"""
        % (a.port, url, url)
    )
subprocess.run([KINTO, "migrate", "--ini", ini], check=True, stdout=sys.stderr)
kids.append(subprocess.Popen([KINTO, "start", "--ini", ini, "--port", str(a.port)], stdout=sys.stderr))
rc = kids[1].wait()
stop()
