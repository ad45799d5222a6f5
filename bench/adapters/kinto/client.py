#!/usr/bin/env python3
"""Offline client for Kinto, after kinto.js: local table with a status per record, pull by _since, push in batches.

Conflict strategy CLIENT_WINS (one of kinto.js's three; its default, MANUAL, stops and asks).
"""

import argparse
import gzip
import http.client
import json
import os
import sqlite3
import sys
import time
from base64 import b64encode
from urllib.parse import urlparse

COLL = "/v1/buckets/bench/collections/shg"
RECS = COLL + "/records"


def j(o):
    return json.dumps(o, ensure_ascii=False, separators=(",", ":"))


class Kinto:
    def __init__(self, url):
        self.host = urlparse(url).netloc
        self.c = None
        self.auth = "Basic " + b64encode(b"bench:bench").decode()

    def call(self, method, path, obj=None, head=None, ok=(200, 201, 304)):
        h = {"Authorization": self.auth, "Accept-Encoding": "gzip", "Content-Type": "application/json", **(head or {})}
        body = j(obj).encode() if obj is not None else None
        for attempt in range(20):
            try:
                if self.c is None:
                    self.c = http.client.HTTPConnection(self.host, timeout=60)
                self.c.request(method, path, body, h)
                r = self.c.getresponse()
                raw = r.read()
                if r.getheader("Content-Encoding") == "gzip":
                    raw = gzip.decompress(raw)
                if r.status >= 500:
                    raise OSError("status %d" % r.status)
                return r.status, (json.loads(raw) if raw else {}), r
            except (OSError, http.client.HTTPException, EOFError):
                if self.c is not None:
                    self.c.close()
                self.c = None
                time.sleep(min(5, 0.2 * 1.5**attempt))
        raise SystemExit("server not reachable")

    def account(self):
        self.call("PUT", "/v1/buckets/bench", {"data": {}})
        self.call("PUT", COLL, {"data": {}})


def main():
    p = argparse.ArgumentParser()
    p.add_argument("op")
    for n in ("dir", "url", "client", "in", "out"):
        p.add_argument("--" + n, dest=n + "_")
    p.add_argument("--barrier", action="store_true")
    a = p.parse_args()
    db = sqlite3.connect(os.path.join(a.dir_, "client.db"), isolation_level=None)
    db.executescript("""PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;
    CREATE TABLE IF NOT EXISTS rec(id TEXT PRIMARY KEY, data TEXT, lm INTEGER, st TEXT) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS rec_st ON rec(st) WHERE st<>'s';
    CREATE TABLE IF NOT EXISTS meta(k TEXT PRIMARY KEY, v);""")
    k = Kinto(a.url_)

    def meta(key, default=None):
        r = db.execute("SELECT v FROM meta WHERE k=?", (key,)).fetchone()
        return r[0] if r else default

    def put(key, v):
        db.execute("INSERT INTO meta VALUES(?,?) ON CONFLICT(k) DO UPDATE SET v=excluded.v", (key, v))

    def ready():
        if not meta("account"):
            k.account()
            put("account", 1)

    def pull():
        ready()
        since = meta("since")
        path = RECS + "?_sort=last_modified&_limit=500" + ("&_since=%s" % since if since else "")
        while path:
            st, body, r = k.call("GET", path)
            db.execute("BEGIN")
            for d in body.get("data", []):
                rid, lm = d.pop("id"), d.pop("last_modified")
                cur = db.execute("SELECT st, lm FROM rec WHERE id=?", (rid,)).fetchone()
                if d.pop("deleted", False):
                    db.execute("DELETE FROM rec WHERE id=?", (rid,))
                elif cur is None or cur[0] == "s":
                    db.execute("INSERT OR REPLACE INTO rec VALUES(?,?,?,'s')", (rid, j(d), lm))
                else:  # edited here too: client wins, keep ours on top of the new base
                    db.execute("UPDATE rec SET lm=? WHERE id=?", (lm, rid))
                since = max(int(since or 0), lm)
            if since:
                put("since", since)
            db.execute("COMMIT")
            nxt = r.getheader("Next-Page")
            path = None
            if nxt:
                u = urlparse(nxt)
                path = u.path + "?" + u.query

    def push():
        ready()
        while True:
            rows = db.execute("SELECT id, data, lm, st FROM rec WHERE st<>'s' LIMIT 100").fetchall()
            if not rows:
                return
            reqs = []
            for rid, data, lm, st in rows:
                reqs.append(
                    {
                        "method": "PUT",
                        "path": RECS[3:] + "/" + rid,
                        "body": {"data": json.loads(data)},
                        "headers": {"If-Match": '"%d"' % lm} if lm else {"If-None-Match": "*"},
                    }
                )
            _, body, _ = k.call("POST", "/v1/batch", {"requests": reqs})
            db.execute("BEGIN")
            for (rid, data, lm, st), r in zip(rows, body["responses"]):
                if r["status"] in (200, 201):
                    db.execute(
                        "UPDATE rec SET st='s', lm=? WHERE id=? AND data=?",
                        (r["body"]["data"]["last_modified"], rid, data),
                    )
                elif r["status"] == 412:
                    ex = (r["body"].get("details") or {}).get("existing") or {}
                    mine = json.loads(data)
                    theirs = {f: v for f, v in ex.items() if f not in ("id", "last_modified")}
                    same = theirs == mine
                    db.execute(
                        "UPDATE rec SET lm=?, st=? WHERE id=?", (ex.get("last_modified"), "s" if same else "u", rid)
                    )
                else:
                    db.execute("ROLLBACK")
                    raise SystemExit("record refused: %s" % j(r)[:300])
            db.execute("COMMIT")

    if a.barrier:
        print("READY", flush=True)
        sys.stdin.readline()
    t0 = time.monotonic()
    extra = {}
    rows = lambda: [json.loads(x) for x in open(a.in_, encoding="utf-8") if x.strip()]
    if a.op == "load":
        db.execute("BEGIN")
        db.executemany("INSERT INTO rec VALUES(?,?,NULL,'c')", ((r.pop("id"), j(r)) for r in rows()))
        db.execute("COMMIT")
    elif a.op == "edit":
        for e in rows():
            d = json.loads(db.execute("SELECT data FROM rec WHERE id=?", (e["id"],)).fetchone()[0])
            d.update(e["set"])
            db.execute(
                "UPDATE rec SET data=?, st=CASE WHEN lm IS NULL THEN 'c' ELSE 'u' END WHERE id=?", (j(d), e["id"])
            )
    elif a.op == "push":
        push()
    elif a.op == "pull":
        pull()
    elif a.op == "sync":
        pull()
        push()
        pull()
    elif a.op == "dump":
        with open(a.out_, "w", encoding="utf-8") as f:
            for rid, d in db.execute("SELECT id, data FROM rec"):
                d = json.loads(d)
                d.pop("schema", None)
                f.write(j({"id": rid, **d}) + "\n")
    elif a.op == "conflicts":
        extra["conflicts"] = None
    else:
        raise SystemExit("unknown op")
    print(json.dumps({"ok": True, "sync_s": round(time.monotonic() - t0, 4), **extra}))


if __name__ == "__main__":
    main()
