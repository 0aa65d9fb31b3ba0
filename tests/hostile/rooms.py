#!/usr/bin/env python3
"""Rooms that die or stand still under sessions that have something of theirs: a grant, a signature, a call under way. What
was answered 250 or OK stays true; what cannot be done is said; and when the room is back, so is the service.
"""
import os
import signal
import time

import hostile
from hostile import ANN, BOB, Fault

REMOTE = "friend@remote.test"


def kill(server, name):
    """Kills a room and waits for its successor."""
    pid = server.room_pid(name)
    os.kill(pid, signal.SIGKILL)
    hostile.until("%s is back" % name, lambda: server.status() and server.rooms_now().get(name, (pid,))[0] not in (0, pid)
                  and all(room["ready"] for room in server.status()["rooms"]))


def submit(wire, rcpt, subject):
    """The last code of a message by a session that is signed in."""
    for line in (b"MAIL FROM:<%s>" % ANN.encode(), b"RCPT TO:<%s>" % rcpt.encode()):
        code = wire.code(line)
        if code != 250:
            return code
    if wire.code(b"DATA") != 354:
        return 0
    wire.send(b"Subject: " + subject + b"\r\n\r\ntext\r\n.\r\n")
    return wire.code()


def queue_dies_under_a_login(server):
    """What a signed-in client writes elsewhere after that is kept, or refused with a reason; never 250 and gone."""
    with hostile.smtp(server, "submission") as wire:
        if wire.code(b"AUTH PLAIN " + hostile.plain("ann")) != 235:
            raise Fault("cannot sign in")
        kill(server, "queue/0")
        code = submit(wire, REMOTE, b"after the queue died")
    if code == 250:
        hostile.until("the message waits in the queue", lambda: REMOTE in server.cli("queue", "list"), 5)
    elif code // 100 != 4 and code != 0:
        raise Fault("answered %d" % code)


def store_dies_under_a_login(server):
    """An IMAP session goes on, or is told BYE; it is not left in a state where each command fails for ever."""
    with hostile.Wire(server.port("imap")) as wire:
        wire.until(rb"\n")
        if b"a OK" not in wire.imap(b"a", b"LOGIN %s \"%s\"" % (ANN.encode(), hostile.PASSWORD.encode())):
            raise Fault("cannot sign in")
        kill(server, "store/0")
        for i in range(4):
            said = wire.imap(b"b%d" % i, b"SELECT INBOX")
            if b"BYE" in said or not said or b"b%d OK" % i in said:
                return
        raise Fault("SELECT after the store died: %r" % said)


def auth_stands_still(server):
    """Handshakes of that time may fail; those that follow may not."""
    pid = server.room_pid("auth/0")
    os.kill(pid, signal.SIGSTOP)
    try:
        began = time.monotonic()
        try:
            hostile.Wire(server.port("imaps"), tls=True, seconds=10).close()
            raise Fault("a handshake without a private key")
        except (OSError, EOFError):
            pass
        if time.monotonic() - began > 8 * hostile.SLOW:
            raise Fault("a handshake waits for auth for too long")
    finally:
        os.kill(pid, signal.SIGCONT)

    def shakes():
        try:
            hostile.Wire(server.port("imaps"), tls=True).close()
            return True
        except OSError:
            return False
    hostile.until("TLS works again after auth stood still", shakes, 10, 0.2)


def auth_dies_in_a_login(server):
    """The successor is asked again, or the login fails for now; whose session it is stays clear."""
    wires = [hostile.Wire(server.port("imap")) for _ in range(4)]
    for i, wire in enumerate(wires):
        wire.until(rb"\n")
        wire.send(b"a LOGIN %s \"%s\"\r\n" % ((ANN, BOB)[i % 2].encode(), hostile.PASSWORD.encode()))
    kill(server, "auth/0")
    for i, wire in enumerate(wires):
        said = wire.until(rb"^a [^\n]*\n")
        if b"a OK" not in said and b"a NO" not in said:
            raise Fault("a login when auth died: %r" % said)
        wire.close()
    server.imap("ann").logout()


def access_dies_while_it_asks(server):
    """Answers to the dead room's calls must not reach its successor, whose tickets and sessions have the same numbers."""
    for i in range(3):
        wires = [hostile.Wire(server.port("imap")) for _ in range(6)]
        for wire in wires:
            wire.until(rb"\n")
            wire.send(b"a LOGIN %s \"%s\"\r\n" % (ANN.encode(), hostile.PASSWORD.encode()))
        kill(server, "access/0")
        for wire in wires:
            wire.close()
        for k in range(6):       # from other addresses each, for failures slow an address down
            with hostile.Wire(server.port("imap"), source="127.%d.%d.1" % (20 + i, k)) as wire:
                wire.until(rb"\n")
                said = wire.imap(b"a", b"LOGIN %s \"wrong\"" % BOB.encode())
                if b"a OK" in said:
                    raise Fault("a wrong password signs in after the room died: %r" % said)


def all_die(server):
    for name in ("admin/0", "auth/0", "store/0", "queue/0", "smtp/0", "access/0"):
        kill(server, name)
    hostile.check_alive(server)


def body():
    with hostile.Server(settings=hostile.STAYS) as server:
        hostile.case("the queue dies under a login", queue_dies_under_a_login, server)
        hostile.case("the store dies under a login", store_dies_under_a_login, server)
        hostile.case("auth stands still in a handshake", auth_stands_still, server)
        hostile.case("auth dies in a login", auth_dies_in_a_login, server)
        hostile.case("access dies while it asks", access_dies_while_it_asks, server)
        hostile.case("each room dies once", all_die, server)


if __name__ == "__main__":
    hostile.main(body, 300)
