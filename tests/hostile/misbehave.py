#!/usr/bin/env python3
"""Filters that never answer, answer twice or late, fail, or crash, in a server of several rooms: what it costs is a
deferral, an event and a ledger entry, never mail, and other rooms do not notice.

The filters are those of tests/plugins, compiled here once more under names that put them into the room smtp ($CC, $CFLAGS).
"""
import os
import shlex
import shutil
import signal
import subprocess
import tempfile
import time

import hostile
from hostile import ANN, BOB, Fault, Skip

SOURCES = os.path.join(hostile.pliserver.TOP, "tests", "plugins")
HEADERS = [flag for folder in ("core", "lib") for flag in ("-I", os.path.join(hostile.pliserver.TOP, folder))]
FAULTS = ("accept", "crash", "fail", "hoard", "late", "silent", "spin", "twice")
STAGES = ("connect", "hello", "mail", "rcpt", "message")


def build(folder):
    """filter-silent.so … in @folder, from misbehave-silent.c …"""
    compiler = shlex.split(os.environ.get("CC") or "cc")
    if not shutil.which(compiler[-1]) or not shutil.which("pkg-config"):
        raise Skip("there is no C compiler")
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "glib-2.0"], stdout=subprocess.PIPE, text=True, timeout=30)
    if flags.returncode != 0:
        raise Skip("GLib's headers are not installed")
    for fault in FAULTS:
        with open(os.path.join(SOURCES, "misbehave-%s.c" % fault)) as source:
            text = source.read().replace("misbehave_" + fault, "filter_" + fault)
            text = text.replace("misbehave-" + fault, "filter-" + fault)
        path = os.path.join(folder, "filter-%s.c" % fault)
        with open(path, "w") as out:
            out.write(text)
        hostile.pliserver.run(compiler + ["-std=gnu11", "-fPIC", "-shared", "-O1"] + HEADERS + ["-I", SOURCES, path, "-o",
                                          path[:-2] + ".so"] + shlex.split(flags.stdout))
        os.unlink(path)


class Filters:
    """A server with one misbehaving filter."""

    def __init__(self, built, fault, settings="", more=""):
        self.folder = tempfile.mkdtemp(prefix="pli-filters-")
        os.chmod(self.folder, 0o755)
        self.built = built
        settings = settings + "\n"
        if fault:
            self.add(fault)
            where = "" if "isolation" in settings else "isolation = room\n"
            settings = "[filter-%s]\n%s%s\n" % (fault, where, settings)
        self.options = {"settings": settings + more, "env": dict(os.environ, PLI_PLUGIN_PATH=self.folder)}

    def add(self, fault):
        shutil.copy(os.path.join(self.built, "filter-%s.so" % fault), self.folder)

    def __enter__(self):
        self.server = hostile.Server(**self.options)
        return self.server.__enter__()

    def __exit__(self, *why):
        try:
            return self.server.__exit__(*why)
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)


def talk(server, lines=("EHLO client.test", "MAIL FROM:<x@else.test>", "RCPT TO:<%s>" % ANN, "DATA", "."), seconds=15):
    """Codes of the greeting and of each line, up to the first that is not 2xx or 3xx."""
    codes = []
    with hostile.Wire(server.port("mx"), seconds=seconds) as wire:
        codes.append(wire.code())
        for line in lines:
            if codes[-1] // 100 not in (2, 3):
                break
            if line == ".":
                wire.send(hostile.MESSAGE)
            codes.append(wire.code(line.encode()))
    return codes


def expect_told(server, fault, word="deferred"):
    """An event in the log, and an entry in the ledger."""
    hostile.until("an event", lambda: "filter.failed" in server.log() and "filter-" + fault in server.log(), 10)
    hostile.until("a ledger entry", lambda: any(word in line and "by filter-" + fault in line
                                                for line in server.explain(ANN).splitlines()), 10)


def defers(built, fault, stage, settings):
    with Filters(built, fault, "stages = %s\n%s" % (stage, settings)) as server, hostile.watch(server):
        began = time.monotonic()
        codes = talk(server)
        if len(codes) != STAGES.index(stage) + 1 + (stage == "message") or codes[-1] not in (421, 451):
            raise Fault("answered %r" % codes)
        if time.monotonic() - began > 8 * hostile.SLOW:
            raise Fault("the deadline came after %.1f s" % (time.monotonic() - began))
        if stage in ("rcpt", "mail", "message"):
            hostile.until("an event", lambda: "filter.failed" in server.log(), 10)
        if stage == "rcpt":
            expect_told(server, fault)
        # Whoever leaves while the filter is asked, leaves nothing behind.
        for _ in range(5):
            wire = hostile.Wire(server.port("mx"))
            wire.send(b"EHLO client.test\r\nMAIL FROM:<x@else.test>\r\nRCPT TO:<%s>\r\nDATA\r\nx\r\n.\r\n" % ANN.encode())
            wire.close()
        if talk(server) != codes:
            raise Fault("the next session is treated otherwise")
        if server.count("ann") != 0:
            raise Fault("a message that was deferred is in the mailbox")


def skips(built, fault, stage, settings):
    """on-failure = skip: as if the filter were not there."""
    with Filters(built, fault, "stages = %s\non-failure = skip\n%s" % (stage, settings)) as server:
        with hostile.watch(server):
            codes = talk(server)
            if codes[-1] != 250:
                raise Fault("answered %r" % codes)
            server.wait_count("ann", 1)
            with server.imap("ann") as imap:
                imap.select()
                text = hostile.pliserver.expect_ok(imap.fetch("1", "(BODY[])"))[0][1]
            if b"X-Failed" in text or b"X-Late" in text or b"X-Unasked" in text:
                raise Fault("what a filter that failed asked for was done: %r" % text)
            expect_told(server, fault, "skipped")


def each_third_fails(built):
    with Filters(built, "fail", "stages = rcpt\nevery = 3") as server, hostile.watch(server):
        with hostile.smtp(server) as wire:
            wire.code(b"MAIL FROM:<x@else.test>")
            codes = [wire.code(b"RCPT TO:<%s>" % who) for who in (ANN.encode(), BOB.encode()) * 3]
            if codes != [250, 250, 451] * 2:
                raise Fault("answered %r" % codes)
            wire.code(b"DATA")
            if wire.code(hostile.MESSAGE + b".") != 250:
                raise Fault("the recipients that were taken get no message")
        server.wait_count("ann", 1)
        server.wait_count("bob", 1)


def twice(built):
    with Filters(built, "twice", "stages = rcpt") as server, hostile.watch(server):
        for _ in range(3):
            with hostile.smtp(server) as wire:
                wire.code(b"MAIL FROM:<x@else.test>")
                said = wire.reply(b"RCPT TO:<%s>" % ANN.encode())
                if not said.startswith(b"550 ") or b"once" not in said:
                    raise Fault("the first answer does not count: %r" % said)
                if wire.code(b"NOOP") != 250:
                    raise Fault("the session is out of step")
        hostile.until("an event for the second answer", lambda: "op.stale" in server.log(), 10)


def late(built, stage):
    with Filters(built, "late", "stages = %s\ndeadline = 200ms\ndelay = 1s" % stage) as server, hostile.watch(server):
        began = time.monotonic()
        if talk(server)[-1] != 451:
            raise Fault("not deferred")
        if time.monotonic() - began > 0.9:
            hostile.diag("too slow to say whether the deadline came first")
        hostile.until("the filter lets go", lambda: "filter-late" not in server.cli("ops"), 10)
        if talk(server)[-1] != 451:
            raise Fault("not deferred again")
        hostile.until("the filter lets go", lambda: "filter-late" not in server.cli("ops"), 10)
        if server.count("ann") != 0:
            raise Fault("a message that was deferred is in the mailbox")


def silent_is_bounded(built):
    """What a filter does not let go of counts: memory-max of the room holds whatever a filter does."""
    with Filters(built, "silent", "stages = message\ndeadline = 20ms", more="[proto-smtp]\nmemory-max = 32MiB\n") as server:
        with hostile.watch(server):
            before, codes = server.pss(), []
            for _ in range(40):
                with hostile.smtp(server) as wire:
                    for line in (b"MAIL FROM:<x@else.test>", b"RCPT TO:<%s>" % ANN.encode(), b"DATA"):
                        code = wire.code(line)
                    if code == 354:
                        wire.send(b"Subject: x\r\n\r\n" + (b"y" * 998 + b"\r\n") * 4000 + b".\r\n")
                        code = wire.code()
                    codes.append(code)
            grown = (server.pss() - before) >> 20
            hostile.diag("40 messages of 4 MiB held by a filter that never answers: %d MiB more" % grown)
            if set(codes) - {451, 452}:
                raise Fault("answered %r" % codes)
            if grown > 64:
                raise Fault("memory grew by %d MiB with memory-max = 32MiB" % grown)


def ready_again(server, pid):
    status = server.status()
    return status and all(r["ready"] for r in status["rooms"]) and server.room_pid("smtp/1") not in (0, pid)


def crash(built):
    """A filter that crashes at RCPT comes by a reload: its room is started again each time. Before that, it took mail,
    and what began before that ends well in the room that it began in."""
    filters = Filters(built, None)
    with filters as server:
        sent = sum(hostile.send_one(server) == 250 for _ in range(20))
        imap = server.imap("ann")
        imap.select()
        before = server.rooms_now()
        old = hostile.smtp(server)
        for line in (b"MAIL FROM:<x@else.test>", b"RCPT TO:<%s>" % ANN.encode(), b"DATA"):
            old.code(line)
        old.send(b"Subject: half\r\n")
        filters.add("crash")
        server.write("60-crash.conf", "[filter-crash]\nisolation = room\n")
        server.reload()
        for _ in range(3):
            pid = server.room_pid("smtp/1")
            codes = talk(server)
            if codes[-1] != 0 or len(codes) != 4:
                raise Fault("the filter does not crash: %r" % codes)
            hostile.until("the room smtp is back", lambda: ready_again(server, pid))
        after = server.rooms_now()
        for name in before:
            if after[name] != before[name]:
                raise Fault("%s was restarted, too" % name)
        if after["smtp/1"][1] < 3:
            raise Fault("the room smtp was started again %d times" % after["smtp/1"][1])
        old.send(b"\r\nwhole\r\n.\r\n")
        sent += old.code() == 250
        hostile.pliserver.expect_ok(imap.noop())
        imap.logout()
        if sent != 21:
            raise Fault("%d of 21 sent" % sent)
        server.wait_count("ann", sent)
        if "room.died" not in server.log():
            raise Fault("no event")


def body():
    built = tempfile.mkdtemp(prefix="pli-built-")
    os.chmod(built, 0o755)
    try:
        build(built)
        for stage in STAGES:
            hostile.case("silent at " + stage, defers, built, "silent", stage, "deadline = 300ms")
        hostile.case("silent and skipped", skips, built, "silent", "rcpt", "deadline = 300ms")
        hostile.case("what a silent filter holds is bounded", silent_is_bounded, built)
        for stage in ("connect", "rcpt", "message"):
            hostile.case("fails at " + stage, defers, built, "fail", stage, "")
        hostile.case("fails and is skipped", skips, built, "fail", "message", "")
        hostile.case("each third call fails", each_third_fails, built)
        hostile.case("accepts without the right", defers, built, "accept", "rcpt", "")
        hostile.case("answers twice", twice, built)
        for stage in ("rcpt", "message"):
            hostile.case("answers late at " + stage, late, built, stage)
        hostile.case("crashes", crash, built)
    finally:
        shutil.rmtree(built, ignore_errors=True)


if __name__ == "__main__":
    hostile.main(body, 400)
