"""Another host, to which the server under test sends: it takes mail by SMTP and writes into its own books what it answered.

Now and then it answers 451, or takes a message and dies before its 250. verify() says whether every recipient that the
server had promised to serve arrived at least once, and exactly once where neither this host was cut off nor the server
killed between the 250 and the server's note of it.
"""
import collections
import random
import re
import socket
import threading
import time

import books
from clients import TIMEOUT, Client
from server import Failure

DOMAINS = ["far%d.test" % n for n in range(4)]
# From the 250 until the server has noted it: a channel and a sync away, on a machine that is busy with other things.
NOTED_S = 5.0


class Sink:
    def __init__(self, rng):
        self.rng = random.Random(rng.random())
        self.lock = threading.Lock()
        self.promised = set()                               # (marker, rcpt): answered 250 by the server under test
        self.arrived = collections.defaultdict(list)        # (marker, rcpt) -> times of our 250
        self.cut = set()                                    # marker: taken, and no 250 said
        self.kills = []                                     # times
        self.wrong = []
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=200)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def settings(self, port):
        return ("[listener relay]\nport = %d\nprotocol = smtp\nrole = relay\n[proto-smtp]\n"
                "relay-networks = 127.0.0.0/8 ::1\n[route default]\nrelay = 127.0.0.1:%d\ntls = none\n"
                % (port, self.port))

    def accept(self):
        while True:
            connection, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        try:
            with connection:
                self.session(connection, connection.makefile("rb"))
        except OSError:
            return  # the room at the other end was killed
        except Exception as error:  # a fault of the test itself must not pass for quiet
            self.wrong.append("sink: %s: %s" % (type(error).__name__, error))

    def chance(self, of):
        with self.lock:
            return self.rng.random() < of

    def session(self, connection, stream):
        def say(text):
            connection.sendall(text.encode() + b"\r\n")

        rcpts = []
        say("220 sink.test ESMTP")
        while True:
            line = stream.readline()
            if not line:
                return
            verb = line.split(b":")[0].strip().upper()
            if verb.startswith((b"EHLO", b"HELO")):
                say("250-sink.test\r\n250-PIPELINING\r\n250 8BITMIME")
            elif verb == b"MAIL FROM":
                rcpts = []
                say("250 2.1.0 ok")
            elif verb == b"RCPT TO":
                if self.chance(0.03):
                    say("451 4.7.1 not now")
                else:
                    rcpts.append(re.search(rb"<([^>]*)>", line)[1].decode())
                    say("250 2.1.5 ok")
            elif verb == b"DATA":
                if not rcpts:
                    say("503 5.5.1 no recipient")
                    continue
                say("354 go on")
                text = self.read_text(stream)
                if text is None or not self.take(say, text, rcpts):
                    return
            elif verb == b"QUIT":
                say("221 2.0.0 bye")
                return
            else:
                say("250 2.0.0 ok")

    @staticmethod
    def read_text(stream):
        lines = []
        while True:
            line = stream.readline()
            if not line.endswith(b"\n"):
                return None
            if line == b".\r\n":
                return b"".join(lines)
            lines.append(line[1:] if line.startswith(b".") else line)

    def take(self, say, text, rcpts):
        """FALSE: the connection is to end."""
        found = re.search(rb"^Subject: (\S+)\r$", text, re.M)
        marker = found[1].decode() if found else "?"
        wrong = books.check_message(marker, text)
        if wrong:
            self.wrong.append("%s to %s: %s" % (marker, rcpts, wrong))
        if self.chance(0.03):
            say("451 4.3.0 not now")
            return True
        if self.chance(0.02):
            self.cut.add(marker)
            return False
        now = time.monotonic()
        with self.lock:
            for rcpt in rcpts:
                self.arrived[marker, rcpt].append(now)
        say("250 2.0.0 taken")
        return True

    def killed(self):
        self.kills.append(time.monotonic())

    def missing(self):
        with self.lock:
            return [key for key in self.promised if key not in self.arrived]

    def verify(self):
        if self.wrong:
            raise Failure("sent wrongly: " + "; ".join(self.wrong[:5]))
        missing = self.missing()
        if missing:
            raise Failure("%d of %d recipients elsewhere were lost: %s"
                          % (len(missing), len(self.promised), sorted(missing)[:5]))
        with self.lock:
            twice = [key for key, times in self.arrived.items() if len(times) > 1 and not self.excused(key[0], times)]
        if twice:
            raise Failure("sent more than once without a cause: %s" % sorted(twice)[:5])

    def excused(self, marker, times):
        """Each 250 but the last was followed by a kill before it can have been noted, or the host itself cut off."""
        return marker in self.cut or all(any(at - 1 <= kill <= at + NOTED_S for kill in self.kills) for at in times[:-1])


class Relayer(Client):
    """Sends to elsewhere through the server's listener for relaying, one message after the other."""
    kind = "far"

    def __init__(self, load, number, rng, sink, port):
        super().__init__(load, number, rng)
        self.sink, self.port = sink, port

    def session(self):
        with socket.create_connection(("127.0.0.1", self.port), TIMEOUT) as self.sock:
            self.stream = self.sock.makefile("rb")
            self.expect(220)
            self.command("EHLO client.elsewhere.test", 250)
            while self.load.going():
                self.send_one()
                self.load.pause(self.rng.random() * self.load.pace)

    def expect(self, code):
        while True:
            line = self.stream.readline()
            if not line.endswith(b"\n"):
                raise EOFError
            if line[3:4] != b"-":
                break
        if line.startswith(b"5"):
            self.books.fail("refused for good: %r" % line)
        if int(line[:3]) != code:
            raise EOFError

    def command(self, line, code):
        self.sock.sendall(line.encode() + b"\r\n")
        self.expect(code)

    def send_one(self):
        marker = self.marker()
        rcpts = ["u%d@%s" % (n, self.rng.choice(DOMAINS)) for n in range(self.rng.choice((1, 1, 2, 5)))]
        text = books.make_message(marker, rcpts, self.rng.choice(self.load.sizes), self.rng)
        self.command("MAIL FROM:<>", 250)
        for rcpt in rcpts:
            self.command("RCPT TO:<%s>" % rcpt, 250)
        self.command("DATA", 354)
        self.sock.sendall(text + b".\r\n")
        self.expect(250)
        with self.sink.lock:
            self.sink.promised.update((marker, rcpt) for rcpt in rcpts)
        self.books.promise("relayed")
