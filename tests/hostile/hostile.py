"""What the hostile tests share: raw connections with deadlines, and what must hold of a server whatever was done to it.

    with hostile.Server (settings="…") as server, hostile.watch (server):      # no room may die in between
        wire = hostile.Wire (server.port ("mx"))

Server is that of ../e2e/pliserver.py, with the rooms' memory and log in reach. Python's standard library only.
"""
import contextlib
import os
import re
import resource
import select
import socket
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "e2e"))

import pliserver                                                   # noqa: E402
from pliserver import DOMAIN, PASSWORD, SLOW, Fault, Skip, case, diag, main, ok, skip, until    # noqa: E402,F401

ANN = "ann@" + DOMAIN
BOB = "bob@" + DOMAIN
MESSAGE = b"From: a@else.test\r\nTo: b@example.test\r\nSubject: hostile\r\n\r\nbody\r\n"
REPORTS = re.compile(r"AddressSanitizer|runtime error:|LeakSanitizer|MemorySanitizer|Assertion|assertion failed|room\.died")
# The limits that protect a server from one address would end most of these tests early.
OPEN = "connections-per-address = 0\n"


# Mail for elsewhere stays in the queue: nobody listens there.
STAYS = "[route default]\nrelay = 127.0.0.1:9\ntls = none\n"


class Server(pliserver.Server):
    """`listeners`: lines that every listener of `pli init` gets besides, for they are in groups of their own."""

    def __init__(self, accounts=("ann", "bob"), settings="", listeners=OPEN, **options):
        groups = "".join("[listener %s]\n%s\n" % (name, listeners) for name in pliserver.OFFSETS) if listeners else ""
        super().__init__(accounts, groups + settings, **options)

    def rooms_now(self):
        """{"smtp/0": (pid, restarts)}"""
        return {room["room"]: (room["pid"], room["restarts"]) for room in self.status()["rooms"]}

    def room_pid(self, name):
        return self.rooms_now()[name][0]

    def pss(self):
        """Bytes of all rooms and of the supervisor, shared pages counted in parts."""
        total = 0
        for pid in [self.process.pid] + self.rooms():
            try:
                with open("/proc/%d/smaps_rollup" % pid) as lines:
                    total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
            except PermissionError:
                raise Skip("the rooms' memory can be read by root only")
            except FileNotFoundError:
                continue
        return total

    def explain(self, what):
        """Lines of `pli explain`, "" while nothing is known."""
        return self.cli("explain", what, check=False).text


@contextlib.contextmanager
def watch(server, but=()):
    """No room dies in here (those named in `but` aside), and no sanitizer complains."""
    before, log = server.rooms_now(), len(server.log())
    yield
    after = until("the server answers", server.status and server.rooms_now, 30)
    gone = [name for name in before if name not in but and after.get(name) != before[name]]
    text = server.log()[log:]
    reports = [line for line in text.splitlines() if REPORTS.search(line)]
    reports = [line for line in reports if not any(name in line for name in but)]
    if gone or reports:
        raise Fault("rooms died or complained: %s\n%s" % (gone, "\n".join(text.splitlines()[-60:])))


class Wire:
    """A connection that sends and reads bytes; every call has a deadline."""

    def __init__(self, port, tls=False, seconds=20.0, source=None, host="127.0.0.1"):
        self.seconds = seconds * SLOW
        self.sock = socket.create_connection((host, port), self.seconds, source and (source, 0))
        self.data = b""
        if tls:
            self.secure()

    def secure(self):
        self.sock = pliserver.tls_context().wrap_socket(self.sock)

    def __enter__(self):
        return self

    def __exit__(self, *ignored):
        self.close()

    def close(self):
        self.sock.close()

    def send(self, data):
        """TRUE when all went out before the other side closed."""
        self.sock.settimeout(self.seconds)
        try:
            self.sock.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            return False
        return True

    def fill(self, end):
        """More bytes; False at the end of the stream."""
        left = end - time.monotonic()
        if left <= 0:
            raise Fault("no answer within %g s; so far: %r" % (self.seconds, self.data[-300:]))
        self.sock.settimeout(left)
        try:
            more = self.sock.recv(65536)
        except (ConnectionResetError, BrokenPipeError):
            more = b""
        except (socket.timeout, TimeoutError):
            raise Fault("no answer within %g s; so far: %r" % (self.seconds, self.data[-300:]))
        self.data += more
        return bool(more)

    def until(self, pattern, seconds=None):
        """Bytes up to the end of what `pattern` (bytes regular expression) matches, or all there were before the end."""
        end = time.monotonic() + (seconds * SLOW if seconds else self.seconds)
        wanted = re.compile(pattern, re.M)
        while True:
            found = wanted.search(self.data)
            if found:
                taken, self.data = self.data[:found.end()], self.data[found.end():]
                return taken
            if not self.fill(end):
                taken, self.data = self.data, b""
                return taken

    def rest(self, seconds=None):
        """All bytes up to the other side's end."""
        end = time.monotonic() + (seconds * SLOW if seconds else self.seconds)
        pieces = [self.data]
        self.data = b""
        while self.fill(end):
            pieces.append(self.data)
            self.data = b""
        return b"".join(pieces)

    # SMTP and POP3

    def reply(self, line=None, seconds=None):
        """One SMTP reply, after `line` if there is one; b"" when the server has closed."""
        if line is not None:
            self.send(line + b"\r\n")
        return self.until(rb"^\d{3}(?: [^\n]*)?\n", seconds)

    def code(self, line=None, seconds=None):
        """The code of one SMTP reply, 0 when the server has closed."""
        text = self.reply(line, seconds).splitlines()
        return int(text[-1][:3]) if text and text[-1][:3].isdigit() else 0

    def pop(self, line=None):
        if line is not None:
            self.send(line + b"\r\n")
        return self.until(rb"^(\+OK|-ERR)[^\n]*\n")

    # IMAP

    def imap(self, tag, command):
        self.send(tag + b" " + command + b"\r\n")
        return self.until(rb"^" + re.escape(tag) + rb" [^\n]*\n")


def smtp(server, listener="mx", greeting=b"EHLO client.test", **options):
    """A greeted connection."""
    wire = Wire(server.port(listener), tls=listener == "submissions", **options)
    if wire.code() != 220:
        raise Fault("no greeting on " + listener)
    if listener == "lmtp":
        greeting = greeting.replace(b"EHLO", b"LHLO")
    if wire.code(greeting) != 250:
        raise Fault("greeting refused on " + listener)
    return wire


def send_one(server, listener="mx", rcpt=ANN, text=MESSAGE, sender="x@else.test"):
    """Sends a message; the last code."""
    with smtp(server, listener) as wire:
        for line in (b"MAIL FROM:<%s>" % sender.encode(), b"RCPT TO:<%s>" % rcpt.encode()):
            code = wire.code(line)
            if code != 250:
                return code
        if wire.code(b"DATA") != 354:
            return 0
        wire.send(text + b".\r\n")
        return wire.code()


def plain(name, password=PASSWORD):
    import base64

    return base64.b64encode(b"\0%s\0%s" % (pliserver.Server.address(name).encode(), password.encode()))


def check_alive(server, name="bob"):
    """The server takes a message on each listener and shows it by IMAP and POP3."""
    before = server.count(name)
    code = send_one(server, rcpt="%s@%s" % (name, DOMAIN))
    if code != 250:
        raise Fault("a good message is answered %d" % code)
    server.wait_count(name, before + 1)
    with server.imap(name) as imap:
        pliserver.expect_ok(imap.select())
        pliserver.expect_ok(imap.fetch(b"*", "(BODY.PEEK[])"))
    pop = server.pop3(name)
    if pop.stat()[0] < 1:
        raise Fault("POP3 shows no message")
    pop.quit()


def many_files(n):
    """Lets this process, and servers that it starts, open n descriptors; Skip when that is not allowed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < n:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (n, n))
        except (ValueError, PermissionError):
            raise Skip("only %d descriptors are allowed" % hard)
    elif soft < n:
        resource.setrlimit(resource.RLIMIT_NOFILE, (n, hard))


def drain(sockets, seconds):
    """Reads from all until they are closed by the other side or time is over; how many were closed."""
    poll, left, closed = select.epoll(), {s.fileno(): s for s in sockets}, 0
    for fd in left:
        poll.register(fd, select.EPOLLIN)
    end = time.monotonic() + seconds * SLOW
    while left and time.monotonic() < end:
        for fd, _ in poll.poll(0.2):
            try:
                more = left[fd].recv(65536)
            except BlockingIOError:
                continue
            except OSError:
                more = b""
            if not more:
                poll.unregister(fd)
                del left[fd]
                closed += 1
    poll.close()
    return closed
