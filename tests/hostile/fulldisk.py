#!/usr/bin/env python3
"""A full disk: a server on a small tmpfs that is filled up, first to the reserve (`free-min`), then to the last byte, then
emptied. Mail is answered 452 4.3.1, APPEND says NO with a code, nothing that was answered 250 or OK is lost, nothing of what
was not is there, no room dies, and it all works again when there is room.
"""
import os
import shutil
import subprocess
import tempfile

import hostile
from hostile import ANN, Fault, Skip

DISK = 96 << 20
RESERVE = 16 << 20
SETTINGS = "[queue-log]\nfree-min = 16MiB\nretry-first = 1s\nretry-max = 2s\n"
LARGE = b"Subject: large\r\n\r\n" + (b"y" * 998 + b"\r\n") * 1000


class Disk:
    """A file system of its own, which this test can fill."""

    def __init__(self):
        self.path = tempfile.mkdtemp(prefix="pli-disk-")
        os.chmod(self.path, 0o755)
        self.filler = os.path.join(self.path, "filler")

    def __enter__(self):
        if os.geteuid() != 0:
            os.rmdir(self.path)
            raise Skip("only root can mount a tmpfs")
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=%d,mode=755" % DISK, "none", self.path],
                              stderr=subprocess.PIPE, text=True, timeout=30)
        if done.returncode != 0:
            os.rmdir(self.path)
            raise Skip("a tmpfs cannot be mounted: " + done.stderr.strip())
        tempfile.tempdir = self.path
        return self

    def __exit__(self, *why):
        tempfile.tempdir = None
        subprocess.run(["umount", "-l", self.path], timeout=30, check=False)
        shutil.rmtree(self.path, ignore_errors=True)

    def free(self):
        stat = os.statvfs(self.path)
        return stat.f_bavail * stat.f_frsize

    def leave(self, left):
        """Fills all but so many bytes; 0: to the last."""
        with open(self.filler, "ab") as out:
            while self.free() > left:
                try:
                    os.write(out.fileno(), b"\0" * min(1 << 16, max(1, self.free() - left)))
                except OSError:
                    if left == 0:
                        return
                    raise

    def empty(self):
        os.truncate(self.filler, 0)


class Ledger:
    """What must be in the mailboxes: subjects that were answered 250 or OK, and those that were not."""

    def __init__(self):
        self.kept, self.refused, self.n = set(), set(), 0

    def subject(self):
        self.n += 1
        return "number %d" % self.n

    def note(self, subject, good):
        (self.kept if good else self.refused).add(subject)


def send(server, ledger, text=b"", rcpt=ANN):
    """Sends a message; the last reply."""
    subject = ledger.subject()
    with hostile.smtp(server) as wire:
        for line in (b"MAIL FROM:<x@else.test>", b"RCPT TO:<%s>" % rcpt.encode(), b"DATA"):
            said = wire.reply(line)
            if said[:1] not in b"23":
                ledger.note(subject, False)
                return said
        wire.send(b"Subject: %s\r\nX: y\r\n\r\n" % subject.encode() + text + b"\r\n.\r\n")
        said = wire.reply()
    ledger.note(subject, said.startswith(b"250"))
    return said


def append(server, ledger, text=b""):
    subject = ledger.subject()
    with server.imap("ann") as imap:
        kind, said = imap.append("INBOX", None, None, b"Subject: %s\r\n\r\n" % subject.encode() + text + b"\r\n")
    ledger.note(subject, kind == "OK")
    return kind, said


def subjects(server):
    with server.imap("ann") as imap:
        if not int(hostile.pliserver.expect_ok(imap.select("INBOX", readonly=True))[0]):
            return []
        rows = hostile.pliserver.expect_ok(imap.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])"))
        return [row[1].decode().split(":", 1)[1].strip() for row in rows if isinstance(row, tuple)]


def balanced(server, ledger, seconds=60):
    """All that was promised is there, once; of what was refused, nothing."""
    hostile.until("all that was answered 250 is there", lambda: ledger.kept <= set(subjects(server)), seconds, 0.2)
    there = subjects(server)
    twice = {x for x in there if there.count(x) > 1}
    if twice or ledger.refused & set(there):
        raise Fault("twice: %r; refused, and there: %r" % (twice, ledger.refused & set(there)))


def refuses(server, ledger):
    """Mail is answered 452 as soon as the queue has looked at the disk again; until then it may be taken, and is kept."""
    for text in (b"small", LARGE):
        hostile.until("452 4.3.1", lambda: send(server, ledger, text).startswith(b"452 4.3.1 "), 10, 0.1)


def to_the_reserve(server, disk, ledger):
    disk.leave(RESERVE // 2)
    refuses(server, ledger)
    balanced(server, ledger)
    with hostile.smtp(server) as wire:
        if wire.code(b"NOOP") != 250:
            raise Fault("sessions are refused")


def accepted_then_full(server, disk, ledger):
    """Mail that is on its way when the last byte goes is delivered later."""
    disk.empty()
    hostile.until("mail is taken again", lambda: send(server, ledger).startswith(b"250"), 30, 0.1)
    for _ in range(30):
        said = send(server, ledger, b"before")
        if not said.startswith(b"250"):
            raise Fault("there is room, but mail is answered %r" % said)
    disk.leave(0)


def to_the_last_byte(server, disk, ledger):
    disk.leave(0)
    refuses(server, ledger)
    for text in (b"small", LARGE):
        kind, said = append(server, ledger, text)
        hostile.diag("APPEND of %d bytes on a full disk: %s %s" % (len(text), kind, said))
        if kind == "NO" and not any(code in said[0] for code in (b"[OVERQUOTA]", b"[LIMIT]", b"[UNAVAILABLE]")):
            raise Fault("APPEND is answered %s %r" % (kind, said))
        if kind not in ("OK", "NO"):
            raise Fault("APPEND is answered %s %r" % (kind, said))
    there = subjects(server)
    if ledger.refused & set(there):
        raise Fault("refused, and there: %r" % (ledger.refused & set(there)))
    with server.imap("ann") as imap:
        imap.select()
        for answer in (imap.store("1:*", "+FLAGS", "(\\Seen)"), imap.copy("1", "INBOX"), imap.create("full")):
            if answer[0] == "OK":
                continue
            if answer[0] != "NO":
                raise Fault("answered %r" % (answer,))
        # What COPY did may be seen as a second one: take it away again, if that can be done.
        rows = subjects(server)
        if len(rows) > len(set(rows)):
            imap.store("*", "+FLAGS", "(\\Deleted)")
            hostile.pliserver.expect_ok(imap.expunge())


def room_again(server, disk, ledger):
    disk.empty()
    hostile.until("mail is taken again", lambda: send(server, ledger, b"after").startswith(b"250"), 30, 0.2)
    said = send(server, ledger, LARGE)
    if not said.startswith(b"250"):
        raise Fault("a large message is answered %r" % said)
    hostile.until("APPEND works again", lambda: append(server, ledger, b"after")[0] == "OK", 30, 0.2)
    balanced(server, ledger)


def after_a_restart(server, ledger):
    if server.stop() != 0:
        raise Fault("the server does not end well")
    server.start()
    balanced(server, ledger)
    hostile.until("nothing is unaccounted", lambda: server.metrics().get("pli_unaccounted", 0) == 0, 10)


def again_and_again(server, disk, ledger):
    for left in (RESERVE + (1 << 20), RESERVE, 1 << 16, 0, 4096, 0):
        disk.empty()
        disk.leave(left)
        for text in (b"x", LARGE, b"y"):
            said = send(server, ledger, text)
            if not said.startswith((b"250", b"452 4.3.1", b"451 4.3.0")):
                raise Fault("with %d bytes left mail is answered %r" % (left, said))
            append(server, ledger, text)
    disk.empty()
    balanced(server, ledger)


def body():
    ledger = Ledger()
    with Disk() as disk, hostile.Server(settings=SETTINGS) as server:
        keeps = server.default_store() == "pack" and not os.environ.get("PLI_TEST_STORE")
        hostile.diag("store pack" if keeps else "store memory: what happens after a restart is not tested")
        with hostile.watch(server):
            hostile.case("to the reserve", to_the_reserve, server, disk, ledger)
            hostile.case("accepted, then full", accepted_then_full, server, disk, ledger)
            hostile.case("to the last byte", to_the_last_byte, server, disk, ledger)
            hostile.case("works again when there is room", room_again, server, disk, ledger)
            hostile.case("again and again", again_and_again, server, disk, ledger)
            hostile.case("works again when there is room", room_again, server, disk, ledger)
            hostile.case("the server is well", hostile.check_alive, server)
        if keeps:
            hostile.case("after a restart", after_a_restart, server, ledger)
        else:
            hostile.skip("after a restart", "no store that keeps mail")


if __name__ == "__main__":
    hostile.main(body, 300)
