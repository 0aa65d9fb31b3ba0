#!/usr/bin/env python3
"""Plugins that come, change and go by copying a .so and its conf file and `pli reload`, while $SESSIONS (100) sessions
are open, half of them SMTP, and four threads send mail: each change is in force when the reload returns, no session is
cut, no message refused, each delivered exactly once. The rooms that another plugin belongs to are replaced, no others."""
import os
import shlex
import shutil
import subprocess
import tempfile
import threading

import reload
from pliserver import DOMAIN, Fault, PLI, Server, Skip, TOP, case, diag, expect_ok, main, run, until

SESSIONS = int(os.environ.get("SESSIONS") or 100)
ANN = "ann@" + DOMAIN


def compiler():
    """A command that compiles a plugin, or Skip."""
    words = shlex.split(os.environ.get("CC") or "cc")
    if not shutil.which(words[-1]) or not shutil.which("pkg-config"):
        raise Skip("there is no C compiler")
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "glib-2.0"], stdout=subprocess.PIPE, text=True, timeout=30)
    if flags.returncode != 0:
        raise Skip("GLib's headers are not installed")
    return words + ["-std=gnu11", "-fPIC", "-shared", "-O1"] + [
        "-I" + os.path.join(TOP, folder) for folder in ("core", "lib")] + shlex.split(flags.stdout)


def stamp(folder, value):
    """tests/plugins/stamp.c as filter-stamp.so, which says @value; put in place as an installer does."""
    new = os.path.join(folder, "new.tmp")
    run(compiler() + ["-DSTAMP_ID=filter_stamp", '-DSTAMP_NAME="filter-stamp"', '-DSTAMP_VALUE="%s"' % value,
                      os.path.join(TOP, "tests", "plugins", "stamp.c"), "-o", new])
    os.rename(new, os.path.join(folder, "filter-stamp.so"))


class Smtp:
    """An SMTP session that lives through all reloads, in the middle of a transaction."""

    def __init__(self, server, number):
        self.smtp = server.smtp("mx", None, "starttls" if number % 5 == 1 else None)
        self.mail = number % 2
        self.begin()

    def begin(self):
        if self.mail and (self.smtp.mail("x@sender.test")[0] != 250 or self.smtp.rcpt(ANN)[0] != 250):
            raise Fault("MAIL or RCPT is refused")

    def answers(self):
        code, text = self.smtp.data(b"Subject: old\r\n\r\nold\r\n") if self.mail else self.smtp.noop()
        if code != 250:
            raise Fault("answered %d %r" % (code, text))
        Smtp.sent += self.mail
        self.begin()


Smtp.sent = 0


def stamps_of(server):
    """What the filters wrote onto a message that is sent now."""
    with server.smtp("mx") as smtp:
        smtp.sendmail("x@sender.test", ["probe@" + DOMAIN], b"Subject: probe\r\n\r\nprobe\r\n")
    stamps_of.n += 1
    server.wait_count("probe", stamps_of.n)
    with server.imap("probe") as imap:
        expect_ok(imap.select("INBOX", readonly=True))
        return expect_ok(imap.fetch("%d" % stamps_of.n, "(BODY.PEEK[HEADER.FIELDS (X-Stamp)])"))[0][1].decode().strip()


stamps_of.n = 0


def rooms(server):
    return {room["room"]: room["pid"] for room in server.status()["rooms"] if "retiring" not in (room["walls"] or "")}


def changed(server, sessions, before, wanted, expected):
    """After a reload: only the rooms of @expected are others, and the filter does what is wanted."""
    after = rooms(server)
    kinds = {name.split("/")[0] for name, _ in set(before.items()) ^ set(after.items())}
    if kinds != expected:
        raise Fault("rooms were %s, are %s" % (before, after))
    found = stamps_of(server)
    if wanted and not found.startswith("X-Stamp: %s peer=127.0.0.1 helo=client.test sender=x@sender.test rcpts=1" % wanted):
        raise Fault("the message has %r" % found)
    if not wanted and found:
        raise Fault("the filter is gone, but the message has %r" % found)
    reload.all_answer(sessions)


def change(server, sessions, folder, value, isolation, expected):
    server.need_rooms()
    before = rooms(server)
    path = os.path.join(server.root, "conf.d", "60-filter-stamp.conf")
    if value is None:
        os.unlink(os.path.join(folder, "filter-stamp.so"))
        os.unlink(path)
    else:
        stamp(folder, value)
        server.write("60-filter-stamp.conf", "[filter-stamp]\nisolation = %s\n" % isolation)
    server.reload()
    changed(server, sessions, before, value, expected)


def refuse_bad(server, sessions, folder):
    """A .so that is none: the reload says so, the rooms stay, the next reload without it is well."""
    server.need_rooms()
    before = rooms(server)
    path = os.path.join(folder, "filter-bad.so")
    with open(path, "w") as out:
        out.write("no plugin")
    done = server.cli("reload", check=False)
    os.unlink(path)
    if done.returncode == 0 or "filter-bad" not in done.text:
        raise Fault("exit code %d: %s" % (done.returncode, done.text))
    server.reload()
    if rooms(server) != before:
        raise Fault("rooms were %s, are %s" % (before, rooms(server)))
    reload.all_answer(sessions)


def replace_single(server, sessions, name, room):
    """The file of a plugin that has its room alone is another one: that room is replaced, and nobody notices."""
    server.need_rooms()
    before = rooms(server)
    shutil.copy(os.path.join(os.path.dirname(PLI), "plugins", ".libs", name + ".so"), folder_of(server))
    server.reload()
    until("all rooms are ready", lambda: (server.status() or {}).get("rooms") and server.ready())
    after = rooms(server)
    if {n for n in before if before[n] != after.get(n)} != {room}:
        raise Fault("rooms were %s, are %s" % (before, after))
    reload.all_answer(sessions)
    stamps_of(server)


def folder_of(server):
    return server.env["PLI_PLUGIN_PATH"]


def delivered(server, senders):
    reload.delivered(server, senders)
    server.wait_count("ann", Smtp.sent)


def no_faults(senders):
    faults = [fault for sender in senders for fault in sender.faults]
    if faults or not all(sender.sent for sender in senders):
        raise Fault("sent %s; %s" % ([len(sender.sent) for sender in senders], "\n".join(faults)))


def old_rooms_end(server, sessions):
    """An earlier generation ends with its last session."""
    server.need_rooms()
    for session in sessions:
        if isinstance(session, Smtp):
            session.smtp.close()
    until("earlier rooms are gone", lambda: not any("retiring" in room["walls"] for room in server.status()["rooms"]))


def body():
    compiler()
    if not os.path.isdir(os.path.join(os.path.dirname(PLI), "plugins", ".libs")):
        raise Skip("the program is not in a build tree")
    folder = tempfile.mkdtemp(prefix="pli-plugins-")
    os.chmod(folder, 0o755)
    try:
        with Server(reload.ACCOUNTS + ["ann", "probe"], reload.SETTINGS, env=dict(os.environ, PLI_PLUGIN_PATH=folder)) as server:
            tests(server, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def tests(server, folder):
    stop, sessions = threading.Event(), []
    if not case("%d sessions" % SESSIONS, lambda: sessions.extend(
            (Smtp if i % 2 else reload.Session)(server, i) for i in range(SESSIONS))):
        return
    senders = [reload.Sender(server, number, stop) for number in range(reload.SENDERS)]
    for sender in senders:
        sender.start()
    until("mail flows", lambda: all(sender.sent or sender.faults for sender in senders))
    case("a filter is added", change, server, sessions, folder, "1", "room", {"smtp"})
    case("it is replaced by another version", change, server, sessions, folder, "2", "room", {"smtp"})
    case("a file that is no plugin", refuse_bad, server, sessions, folder)
    case("it gets a room of its own", change, server, sessions, folder, "2", "process", {"smtp", "host"})
    case("which is replaced by another version's", change, server, sessions, folder, "3", "process", {"host"})
    case("it is taken away", change, server, sessions, folder, None, "", {"host"})
    case("and comes again", change, server, sessions, folder, "4", "auto", {"host"})
    case("and goes again", change, server, sessions, folder, None, "", {"host"})
    for name, of in (("queue-log", "queue/0"), ("store-pack", "store/0"), ("ledger-sqlite", "admin/0")):
        case("another " + name, replace_single, server, sessions, name, of)
    stop.set()
    for sender in senders:
        sender.join(60)
    diag("%d messages were sent" % sum(len(sender.sent) for sender in senders))
    case("no message was refused", no_faults, senders)
    # Without senders: a TLS handshake that wants a signature in the tenth of a second without auth fails.
    case("another auth-local", replace_single, server, sessions, "auth-local", "auth/0")
    case("no session was cut", reload.all_answer, sessions)
    case("each message is there once", delivered, server, senders)
    case("earlier rooms end", old_rooms_end, server, sessions)


if __name__ == "__main__":
    main(body, 240)
