#!/usr/bin/env python3
"""Filters in rooms of their own that spin, crash, never answer, answer twice or want all memory, for one sender's mail,
while other mail flows and IMAP sessions are open: that sender's mail is deferred, or passed by `on-failure = skip`; no
other message is refused or lost, no other room dies, the ledger and `pli status` tell of it. And one that is well."""
import os
import shutil
import tempfile
import threading
import time

import hostile
import misbehave
from hostile import ANN, BOB, Fault

SENDERS = 4
HOST = "isolation = process\nsender = bad@else.test\nstages = message\ndeadline = 1s\ngrace = 300ms\n"


class Flow(threading.Thread):
    """Good mail for bob, one connection a message; what was answered, and how long it took."""

    def __init__(self, server, stop):
        super().__init__(daemon=True)
        self.server, self.stop, self.codes, self.longest = server, stop, [], 0.0

    def run(self):
        while not self.stop.is_set():
            began = time.monotonic()
            try:
                self.codes.append(hostile.send_one(self.server, rcpt=BOB))
            except Exception as error:
                self.codes.append(repr(error))
            self.longest = max(self.longest, time.monotonic() - began)


class Flows:
    """Mail flows in here, and all of it arrives."""

    def __init__(self, server):
        self.server, self.stop = server, threading.Event()
        self.flows = [Flow(server, self.stop) for _ in range(SENDERS)]

    def __enter__(self):
        self.imap = self.server.imap("bob")
        self.imap.select()
        for flow in self.flows:
            flow.start()
        hostile.until("mail flows", lambda: all(len(flow.codes) > 3 for flow in self.flows))

    def __exit__(self, kind, *ignored):
        if not kind:
            seen = [len(flow.codes) for flow in self.flows]
            hostile.until("mail flows still", lambda: all(len(f.codes) > n + 3 for f, n in zip(self.flows, seen)))
        self.stop.set()
        for flow in self.flows:
            flow.join(60)
        if kind:
            return
        codes = [code for flow in self.flows for code in flow.codes]
        hostile.diag("%d other messages, the slowest in %.2f s" % (len(codes), max(f.longest for f in self.flows)))
        if set(codes) != {250}:
            raise Fault("others notice: %s" % [code for code in codes if code != 250][:10])
        hostile.pliserver.expect_ok(self.imap.noop())
        self.imap.logout()
        self.server.wait_count("bob", len(codes))


def bad(server):
    return hostile.send_one(server, sender="bad@else.test")


def host(server):
    return server.rooms_now()["host/0"]


def told(server, *words):
    """The ledger has an entry of the bad mail with these words."""
    hostile.until("a ledger entry", lambda: any(all(word in line for word in words) for line in
                                                server.explain("bad@else.test").splitlines()), 10)


def fails(built, fault, skip, dies):
    with misbehave.Filters(built, fault, HOST + ("on-failure = skip\n" if skip else "")) as server:
        walls = {room["room"]: room["walls"] for room in server.status()["rooms"]}
        if fault == "hoard" and "memory" not in walls["host/0"]:
            raise hostile.Skip("no limit of memory: an address sanitizer has none")
        with hostile.watch(server, but=("host/0",) if dies else ()), Flows(server):
            for n in range(2):
                before = host(server)[1]
                code = bad(server)
                if code != (250 if skip else 451):
                    raise Fault("answered %d" % code)
                if dies:
                    hostile.until("its room was started again", lambda: host(server)[1] > before)
        told(server, "skipped" if skip else "deferred", "by filter-" + fault)
        server.wait_count("ann", 2 if skip else 0)
        if skip and "X-Failed" in server.explain(ANN):
            raise Fault("what it wished was done")


def twice(built):
    with misbehave.Filters(built, "twice", HOST) as server, hostile.watch(server), Flows(server):
        for _ in range(3):
            if bad(server) != 550:
                raise Fault("the first answer does not count")
        hostile.until("an event for the second answer", lambda: "op.stale" in server.log(), 10)


def well(built):
    """The same .so does the same in both places; it sees the same, and can change nothing it has no right to."""
    import plugins

    folder = tempfile.mkdtemp(prefix="pli-filters-")
    os.chmod(folder, 0o755)
    try:
        plugins.stamp(folder, "7")
        found = []
        for isolation in ("room", "process"):
            settings = "[filter-stamp]\nisolation = %s\n" % isolation
            with hostile.Server(settings=settings, env=dict(os.environ, PLI_PLUGIN_PATH=folder)) as server:
                with hostile.watch(server):
                    codes = [hostile.send_one(server, text=hostile.MESSAGE + b"x" * size + b"\r\n")
                             for size in (10, 200000)]
                    codes.append(hostile.send_one(server, text=b"X-Refuse: 1\r\n\r\n"))
                    server.wait_count("ann", 2)
                    with server.imap("ann") as imap:
                        imap.select()
                        stamps = [part[1] for part in imap.fetch("1:2", "(BODY[HEADER.FIELDS (X-Stamp)])")[1]
                                  if isinstance(part, tuple)]
                    hostile.until("the facts", lambda: "stamp.value=7" in server.explain(ANN))
                    found.append((codes, stamps))
                    walls = {r["room"]: r["walls"] for r in server.status()["rooms"]}
        if found[0] != found[1] or found[0][0] != [250, 250, 554] or b"X-Stamp: 7 peer=127.0.0.1" not in found[0][1][0]:
            raise Fault("in the room and in a process: %r" % found)
        if "landlock" in walls["host/0"] and "no-files" not in walls["host/0"]:
            raise Fault("walls: %s" % walls)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def does_not_run(built):
    """Its room cannot start any more: mail is deferred, or passed, and does not wait for it; the rest is well."""
    for skip, wanted in ((False, (421, 451, 0)), (True, (250,))):
        with misbehave.Filters(built, "twice", HOST + ("on-failure = skip\n" if skip else "")) as server:
            server.need_rooms()
            with hostile.watch(server, but=("host/0",)):
                for folder, _, files in os.walk(os.path.join(server.root, "run")):
                    for name in files:
                        if name == "filter-twice.so":
                            os.unlink(os.path.join(folder, name))
                before = host(server)
                os.kill(before[0], 9)
                hostile.until("it dies again and again", lambda: host(server)[1] > before[1] + 2, 60)
                began = time.monotonic()
                code = misbehave.talk(server)[-1]
                if code not in wanted or time.monotonic() - began > 3.5 * hostile.SLOW:
                    raise Fault("answered %d after %.1f s" % (code, time.monotonic() - began))


def body():
    built = tempfile.mkdtemp(prefix="pli-built-")
    os.chmod(built, 0o755)
    try:
        misbehave.build(built)
        hostile.case("a filter that is well", well, built)
        for skip in (False, True):
            for fault in ("crash", "spin", "silent", "hoard"):
                hostile.case("%s, %s" % (fault, "skipped" if skip else "deferred"), fails, built, fault, skip, True)
            hostile.case("fail, %s" % ("skipped" if skip else "deferred"), fails, built, "fail", skip, False)
        hostile.case("answers twice", twice, built)
        hostile.case("does not run", does_not_run, built)
    finally:
        shutil.rmtree(built, ignore_errors=True)


if __name__ == "__main__":
    hostile.main(body, 400)
