#!/usr/bin/env python3
"""Minimal sync client for server.py; one operation per process.  Standard library only."""

import argparse
import gzip
import http.client
import json
import os
import sqlite3
import sys
import time
import uuid
from urllib.parse import urlparse

SCHEMA = """
PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;
CREATE TABLE IF NOT EXISTS rec(id TEXT PRIMARY KEY, data TEXT NOT NULL, clock TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outbox(n INTEGER PRIMARY KEY, id TEXT, hlc TEXT, seen INTEGER, fields TEXT);
CREATE TABLE IF NOT EXISTS sending(batch TEXT, upto INTEGER);
CREATE TABLE IF NOT EXISTS meta(k TEXT PRIMARY KEY, v);
"""
TARGET_S = 4.0  # aim for chunks of about this long on the present link
MAX_ROWS = 1000


def j(o):
    return json.dumps(o, ensure_ascii=False, separators=(",", ":"))


class Link:
    """Keep-alive HTTP with retries; a cut costs one chunk at most."""

    def __init__(self, url):
        self.host = urlparse(url).netloc
        self.c = None

    def call(self, method, path, obj=None):
        body, head = None, {"Accept-Encoding": "gzip"}
        if obj is not None:
            body = gzip.compress(j(obj).encode(), 6)
            head["Content-Encoding"] = "gzip"
        for attempt in range(30):
            try:
                if self.c is None:
                    self.c = http.client.HTTPConnection(self.host, timeout=60)
                self.c.request(method, path, body, head)
                r = self.c.getresponse()
                raw = r.read()
                if r.status != 200:
                    raise OSError("status %d" % r.status)
                if r.getheader("Content-Encoding") == "gzip":
                    raw = gzip.decompress(raw)
                return json.loads(raw)
            except (OSError, http.client.HTTPException, EOFError):
                if self.c is not None:
                    self.c.close()
                self.c = None
                time.sleep(min(5, 0.2 * 1.5**attempt))
        raise SystemExit("server not reachable")


class Client:
    def __init__(self, d, url, name):
        self.db = sqlite3.connect(os.path.join(d, "client.db"), isolation_level=None)
        self.db.executescript(SCHEMA)
        self.name = name
        self.link = Link(url)
        self.rows = 50
        self.last = (0, 0)

    def meta(self, k, default=0):
        r = self.db.execute("SELECT v FROM meta WHERE k=?", (k,)).fetchone()
        return r[0] if r else default

    def put(self, k, v):
        self.db.execute("INSERT INTO meta VALUES(?,?) ON CONFLICT(k) DO UPDATE SET v=excluded.v", (k, v))

    def hlc(self):
        ms, c = int(time.time() * 1000), 0
        if ms <= self.last[0]:
            ms, c = self.last[0], self.last[1] + 1
        self.last = (ms, c)
        return "%011x%04x%s" % (ms, c, self.name)

    def write(self, edits):
        seen = self.meta("cursor")
        self.db.execute("BEGIN")
        for rid, fields in edits:
            h = self.hlc()
            cur = self.db.execute("SELECT data, clock FROM rec WHERE id=?", (rid,)).fetchone()
            if cur:
                data, clock = json.loads(cur[0]), json.loads(cur[1])
                data.update(fields)
                clock.update({f: h for f in fields})
                self.db.execute("UPDATE rec SET data=?, clock=? WHERE id=?", (j(data), j(clock), rid))
            else:
                self.db.execute("INSERT INTO rec VALUES(?,?,?)", (rid, j(fields), j({"*": h})))
            self.db.execute("INSERT INTO outbox(id,hlc,seen,fields) VALUES(?,?,?,?)", (rid, h, seen, j(fields)))
        self.db.execute("COMMIT")

    def adapt(self, took):
        """Chunk size follows the link: no chunk should take much longer than TARGET_S."""
        if took < TARGET_S / 2:
            self.rows = min(MAX_ROWS, self.rows * 2)
        elif took > TARGET_S:
            self.rows = max(10, self.rows // 2)

    def push(self):
        while True:
            s = self.db.execute("SELECT batch, upto FROM sending").fetchone()
            if s is None:
                got = self.db.execute("SELECT n FROM outbox ORDER BY n LIMIT ?", (self.rows,)).fetchall()
                if not got:
                    return
                s = (uuid.uuid4().hex, got[-1][0])
                self.db.execute("INSERT INTO sending VALUES(?,?)", s)
            rows = [
                [i, h, seen, json.loads(f)]
                for i, h, seen, f in self.db.execute(
                    "SELECT id,hlc,seen,fields FROM outbox WHERE n<=? ORDER BY n", (s[1],)
                )
            ]
            t0 = time.monotonic()
            self.link.call("POST", "/push", {"client": self.name, "batch": s[0], "rows": rows})
            self.adapt(time.monotonic() - t0)
            self.db.execute("BEGIN")
            self.db.execute("DELETE FROM outbox WHERE n<=?", (s[1],))
            self.db.execute("DELETE FROM sending")
            self.db.execute("COMMIT")

    def pull(self):
        while True:
            since = self.meta("cursor")
            t0 = time.monotonic()
            r = self.link.call("GET", "/pull?since=%d&client=%s&limit=%d" % (since, self.name, self.rows))
            self.adapt(time.monotonic() - t0)
            self.db.execute("BEGIN")
            for rid, h, fields in r["rows"]:
                cur = self.db.execute("SELECT data, clock FROM rec WHERE id=?", (rid,)).fetchone()
                if cur is None:
                    self.db.execute("INSERT INTO rec VALUES(?,?,?)", (rid, j(fields), j({"*": h})))
                    continue
                data, clock = json.loads(cur[0]), json.loads(cur[1])
                for f, v in fields.items():
                    if h > clock.get(f, clock["*"] if f in data else ""):
                        data[f], clock[f] = v, h
                self.db.execute("UPDATE rec SET data=?, clock=? WHERE id=?", (j(data), j(clock), rid))
            self.put("cursor", r["next"])
            self.db.execute("COMMIT")
            if not r["more"]:
                return


def read(path):
    with open(path, encoding="utf-8") as f:
        return [json.loads(x) for x in f if x.strip()]


def main():
    p = argparse.ArgumentParser()
    p.add_argument("op")
    p.add_argument("--dir", required=True)
    p.add_argument("--url", required=True)
    p.add_argument("--client", required=True)
    p.add_argument("--in", dest="inp")
    p.add_argument("--out")
    p.add_argument("--barrier", action="store_true")
    a = p.parse_args()
    c = Client(a.dir, a.url, a.client)
    if a.barrier:
        print("READY", flush=True)
        sys.stdin.readline()
    t0 = time.monotonic()
    extra = {}
    if a.op == "load":
        c.write((r.pop("id"), r) for r in read(a.inp))
    elif a.op == "edit":
        c.write((e["id"], e["set"]) for e in read(a.inp))
    elif a.op == "delete":
        c.write((e["id"], {"_deleted": True}) for e in read(a.inp))
    elif a.op == "push":
        c.push()
    elif a.op == "pull":
        c.pull()
    elif a.op == "sync":
        c.push()
        c.pull()
    elif a.op == "dump":
        with open(a.out, "w", encoding="utf-8") as f:
            for rid, data in c.db.execute("SELECT id, data FROM rec"):
                d = json.loads(data)
                if not d.get("_deleted"):
                    f.write(j({"id": rid, **d}) + "\n")
    elif a.op == "conflicts":
        extra["conflicts"] = c.link.call("GET", "/losers")["losers"]
    else:
        raise SystemExit("unknown op")
    print(json.dumps({"ok": True, "sync_s": round(time.monotonic() - t0, 4), **extra}))


if __name__ == "__main__":
    main()
