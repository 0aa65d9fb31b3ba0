#!/usr/bin/env python3
"""Segments are the young generation: what mailboxes hold of old ones moves into the accounts' own files, and the segments
are removed, so that the disk holds what people keep and not all that ever came. Nothing changes for a reader: not while it
happens, not after a restart. What is still in the queue keeps its segment.
"""
import glob
import hashlib
import os

from pliserver import Fault, Server, case, expect_ok, main, until

MESSAGES = 120
SETTINGS = """[queue-log]
segment-size = 1MiB
large-message = 128KiB
sweep = 100ms
[store-pack]
young = 0s
compact-every = 50ms
compact-step = 64KiB
pack-size = 1MiB
[route default]
relay = 127.0.0.1:9
tls = none
"""


def message(number):
    size = 300000 if number % 40 == 7 else 30000
    line = b"%06d " % number + b"x" * 70 + b"\r\n"
    return b"Subject: number %d\r\nFrom: <a@else.test>\r\n\r\n" % number + line * (size // len(line))


def send(server, names):
    with server.smtp() as smtp:
        for number in range(MESSAGES):
            smtp.sendmail("a@else.test", [server.address(name) for name in names], message(number))


def bodies(server, name):
    """UID and hash of the text behind the trace header of each message."""
    with server.imap(name) as imap:
        expect_ok(imap.select("INBOX", readonly=True))
        rows = expect_ok(imap.uid("FETCH", "1:*", "(BODY.PEEK[TEXT])"))
    return {row[0].split()[2]: hashlib.sha256(row[1]).hexdigest() for row in rows if isinstance(row, tuple)}


def segments(server):
    return sorted(glob.glob(os.path.join(server.root, "data", "segments", "*.seg")))


def emptied(server):
    return until("one segment, the one that is written to", lambda: len(segments(server)) <= 1, 60)


def moves(server, names):
    send(server, names)
    for name in names:
        server.wait_count(name, MESSAGES)
    before = {name: bodies(server, name) for name in names}
    wanted = sorted(hashlib.sha256(message(n).split(b"\r\n\r\n", 1)[1]).hexdigest() for n in range(MESSAGES))
    for name in names:
        if sorted(before[name].values()) != wanted:
            raise Fault("%s does not read what was sent" % name)
    emptied(server)
    packs = glob.glob(os.path.join(server.root, "data", "store-pack", "*", "*", "pack-*"))
    if sum(os.path.getsize(pack) for pack in packs) < len(names) * MESSAGES * 30000:
        raise Fault("not moved to packs: %s" % packs)
    check(server, before)
    return before


def check(server, before):
    for name, wanted in before.items():
        if bodies(server, name) != wanted:
            raise Fault("%s reads something else" % name)


def restarts(server, before):
    server.stop()
    server.start()
    check(server, before)
    server.kill()
    server.start()
    check(server, before)


def waits(server):
    """A message that cannot be delivered yet keeps its segment, though others of that time are gone."""
    with server.smtp("submission", login="ann", tls="starttls") as smtp:
        smtp.sendmail(server.address("ann"), ["far@elsewhere.test"], message(1))
    held = segments(server)[-1]
    send(server, ["ann"])
    with server.imap("ann") as imap:
        expect_ok(imap.select("INBOX"))
        until("all is there", lambda: int(expect_ok(imap.select("INBOX"))[0]) == 2 * MESSAGES, 60)
        expect_ok(imap.store("1:*", "+FLAGS.SILENT", "(\\Deleted)"))
        expect_ok(imap.expunge())
    if held not in segments(server):
        raise Fault("the segment of an open message was removed")
    server.cli("queue", "delete", "--all")
    emptied(server)


def body():
    with Server(["ann", "bob"], settings=SETTINGS) as server:
        kept = {}
        case("old segments are emptied and removed", lambda: kept.update(moves(server, ["ann", "bob"])))
        case("nothing changes for readers over restarts", restarts, server, kept)
        case("a segment with an open message stays", waits, server)


if __name__ == "__main__":
    main(body, 300)
