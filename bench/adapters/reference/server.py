#!/usr/bin/env python3
"""Minimal sync server: one SQLite file, POST /push and GET /pull, gzip JSON.  Standard library only.

Per record: data, and a clock per field as {"*": [hlc, seq, origin], field: [...]} ("*" covers the
fields not named).  Field-level last writer wins by hybrid logical clock; the losing value of a
concurrent edit is kept in `loser`.  Every applied batch id is remembered, so a resend is a no-op.
"""

import argparse
import gzip
import json
import os
import sqlite3
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlparse

SCHEMA = """
PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
CREATE TABLE IF NOT EXISTS rec(id TEXT PRIMARY KEY, seq INTEGER NOT NULL, data TEXT NOT NULL, clock TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS rec_seq ON rec(seq);
CREATE TABLE IF NOT EXISTS batch(id TEXT PRIMARY KEY, reply TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS loser(id TEXT, field TEXT, value TEXT, hlc TEXT, winner_hlc TEXT, seq INTEGER);
CREATE TABLE IF NOT EXISTS meta(k TEXT PRIMARY KEY, v INTEGER);
INSERT OR IGNORE INTO meta VALUES('seq', 0);
"""


def j(o):
    return json.dumps(o, ensure_ascii=False, separators=(",", ":"))


class Store:
    def __init__(self, path):
        self.lock = threading.Lock()
        self.db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.db.executescript(SCHEMA)

    def push(self, body):
        with self.lock:
            got = self.db.execute("SELECT reply FROM batch WHERE id=?", (body["batch"],)).fetchone()
            if got:
                return json.loads(got[0])
            self.db.execute("BEGIN IMMEDIATE")
            try:
                reply = self.apply(body)
                self.db.execute("INSERT INTO batch VALUES(?,?)", (body["batch"], j(reply)))
                self.db.execute("COMMIT")
            except Exception:
                self.db.execute("ROLLBACK")
                raise
            return reply

    def apply(self, body):
        db, origin = self.db, body["client"]
        seq = db.execute("SELECT v FROM meta WHERE k='seq'").fetchone()[0]
        lost = 0
        for rid, hlc, seen, fields in body["rows"]:
            seq += 1
            cur = db.execute("SELECT data, clock FROM rec WHERE id=?", (rid,)).fetchone()
            if cur is None:
                db.execute("INSERT INTO rec VALUES(?,?,?,?)", (rid, seq, j(fields), j({"*": [hlc, seq, origin]})))
                continue
            data, clock = json.loads(cur[0]), json.loads(cur[1])
            base = clock["*"]
            touched = False
            for f, v in fields.items():
                old = clock.get(f, base) if (f in data or f in clock) else ["", 0, ""]
                if old[0] == hlc:
                    continue
                concurrent = old[1] > seen and old[2] != origin and data.get(f) != v
                if hlc > old[0]:
                    if concurrent:
                        db.execute("INSERT INTO loser VALUES(?,?,?,?,?,?)", (rid, f, j(data.get(f)), old[0], hlc, seq))
                        lost += 1
                    data[f] = v
                    clock[f] = [hlc, seq, origin]
                    touched = True
                elif concurrent:
                    db.execute("INSERT INTO loser VALUES(?,?,?,?,?,?)", (rid, f, j(v), hlc, old[0], seq))
                    lost += 1
            if touched:
                db.execute("UPDATE rec SET seq=?, data=?, clock=? WHERE id=?", (seq, j(data), j(clock), rid))
        db.execute("UPDATE meta SET v=? WHERE k='seq'", (seq,))
        return {"seq": seq, "conflicts": lost}

    def pull(self, since, client, limit):
        with self.lock:
            cur = self.db.execute(
                "SELECT id, seq, data, clock FROM rec WHERE seq>? ORDER BY seq LIMIT ?", (since, limit + 1)
            ).fetchall()
            top = self.db.execute("SELECT v FROM meta WHERE k='seq'").fetchone()[0]
        more = len(cur) > limit
        rows = []
        for rid, _, data, clock in cur[:limit]:
            data, clock = json.loads(data), json.loads(clock)
            base = clock["*"]
            groups = {}
            for f, v in data.items():
                c = clock.get(f, base)
                if c[1] > since and c[2] != client:
                    groups.setdefault(c[0], {})[f] = v
            rows += [[rid, h, fs] for h, fs in groups.items()]
        return {"next": cur[limit - 1][1] if more else top, "more": more, "rows": rows}

    def losers(self):
        with self.lock:
            return [
                dict(zip(("id", "field", "value", "hlc", "winner_hlc", "seq"), r))
                for r in self.db.execute("SELECT * FROM loser")
            ]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 65536

    def log_message(self, *a):
        pass

    def send(self, obj, code=200):
        raw = j(obj).encode()
        enc = len(raw) > 256
        if enc:
            raw = gzip.compress(raw, 6)
        self.send_response_only(code)
        self.send_header("Content-Length", str(len(raw)))
        if enc:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(raw)
        self.wfile.flush()

    def do_POST(self):
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            raw = gzip.decompress(raw)
        self.send(self.server.store.push(json.loads(raw)))

    def do_GET(self):
        u = urlparse(self.path)
        q = {k: v[0] for k, v in parse_qs(u.query).items()}
        if u.path == "/pull":
            self.send(self.server.store.pull(int(q["since"]), q["client"], min(2000, int(q["limit"]))))
        elif u.path == "/losers":
            self.send({"losers": self.server.store.losers()})
        else:
            self.send({"ok": True})


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--dir", required=True)
    p.add_argument("--port", type=int, required=True)
    a = p.parse_args()
    s = Server(("127.0.0.1", a.port), Handler)
    s.store = Store(os.path.join(a.dir, "server.db"))
    s.serve_forever()


if __name__ == "__main__":
    main()
