"""An SMTP or LMTP host of the test's own, which does as it is told: refuses, dies, breaks the handshake, counts.

    with Remote (addresses=["127.0.0.2"]) as host: ... host.messages, host.connections

Every session has a thread; `rules` says what to answer in place of 250: {"RCPT TO:<bad@": ["550 5.1.1 no"], "DATA": […]},
the first rule whose key the command begins with; each answer of a list is given once, the last one for good. The
keys "greeting" and "end" stand for the greeting and the end of the message; "close" closes the connection, "reset"
resets it. Python's standard library only.
"""
import base64
import os
import random
import socket
import ssl
import struct
import threading


def ports():
    low, high = (int(x) for x in (os.environ.get("PLI_TEST_PORTS") or "20000-30000").split("-"))
    return range(low, high)


def free_port(addresses=("127.0.0.1",)):
    """A port that is free on all of the addresses."""
    for _ in range(500):
        port = random.choice(ports())
        try:
            for address in addresses:
                with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as one:
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    one.bind((address, port))
            return port
        except OSError:
            continue
    raise OSError("no free port")


class Remote:
    def __init__(self, addresses=("127.0.0.1",), port=None, path=None, lmtp=False, offers=("PIPELINING", "8BITMIME"),
                 rules=None, certificate=None, login=None, per_connection=None, implicit_close=None):
        self.port = port or free_port(addresses)
        self.lmtp, self.offers, self.rules = lmtp, list(offers), {k: list(v) for k, v in (rules or {}).items()}
        self.certificate, self.login, self.per_connection = certificate, login, per_connection
        self.lock = threading.Lock()
        self.messages = []              # (sender, recipients, bytes, TLS?)
        self.connections = self.open = self.most_open = self.greeted = 0
        self.commands = []
        self.listeners = []
        for address in [path] if path else addresses:
            family = socket.AF_UNIX if path else socket.AF_INET6 if ":" in address else socket.AF_INET
            listener = socket.socket(family)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(path if path else (address, self.port))
            listener.listen(200)
            self.listeners.append(listener)
            threading.Thread(target=self.accept, args=(listener,), daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        for listener in self.listeners:
            try:
                listener.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            listener.close()

    def accept(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with self.lock:
                self.connections += 1
                self.open += 1
                self.most_open = max(self.most_open, self.open)
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        try:
            Session(self, connection).run()
        except (OSError, ssl.SSLError):
            pass
        finally:
            with self.lock:
                self.open -= 1
            connection.close()

    def answer(self, key, usual):
        """What the rules say to a command."""
        with self.lock:
            for start, answers in self.rules.items():
                if key.upper().startswith(start.upper()):
                    return answers.pop(0) if len(answers) > 1 else answers[0]
        return usual


class Over(Exception):
    """The session is to end."""


class Session:
    def __init__(self, host, connection):
        self.host, self.connection, self.file = host, connection, connection.makefile("rb")
        self.secure, self.sender, self.rcpts, self.taken = False, None, [], 0

    def say(self, text):
        if text == "close":
            raise Over()
        if text == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            raise Over()
        self.connection.sendall(text.replace("\n", "\r\n").encode() + b"\r\n")

    def line(self):
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise Over()
        return line[:-2].decode("utf-8", "surrogateescape")

    def run(self):
        try:
            self.say(self.host.answer("greeting", "220 remote.test ready"))
            while True:
                self.command(self.line())
        except Over:
            self.file.close()
            self.connection.close()

    def command(self, line):
        host = self.host
        with host.lock:
            host.commands.append(line)
        verb = line.split(" ")[0].split(":")[0].upper()
        answer = host.answer(line, None)
        if answer and verb not in ("DATA", "STARTTLS"):
            self.say(answer)
            if verb == "RCPT" and answer[0] == "2":
                self.rcpts.append(line)
            return
        getattr(self, "on_" + verb.lower(), self.on_other)(line, answer)

    def on_other(self, line, answer):
        self.say("502 what")

    def hello(self):
        offers = [x for x in self.host.offers if not (self.secure and x == "STARTTLS")]
        lines = ["remote.test"] + offers
        self.say("\n".join("250%s%s" % (" " if i == len(lines) - 1 else "-", x) for i, x in enumerate(lines)))

    def on_ehlo(self, line, answer):
        if self.host.lmtp:
            self.say("502 LHLO")
        else:
            self.hello()

    def on_lhlo(self, line, answer):
        self.hello()

    def on_starttls(self, line, answer):
        self.say(answer or "220 go")
        if answer:
            return
        if not self.host.certificate:
            self.connection.sendall(b"this is no handshake\r\n")
            raise Over()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.host.certificate)
        self.connection = context.wrap_socket(self.connection, server_side=True)
        self.file = self.connection.makefile("rb")
        self.secure = True

    def on_auth(self, line, answer):
        said = base64.b64decode(line.split(" ")[2]).decode().split("\0")
        self.say("235 welcome" if self.host.login == (said[1], said[2]) else "535 5.7.8 wrong")

    def on_mail(self, line, answer):
        if self.host.per_connection is not None and self.taken >= self.host.per_connection:
            self.say("421 4.7.0 enough for one connection")
            raise Over()
        if self.sender is not None:
            self.say("503 nested MAIL")
            return
        self.sender, self.rcpts = line, []
        self.say("250 2.1.0 ok")

    def on_rcpt(self, line, answer):
        if self.sender is None:
            self.say("503 no MAIL")
            return
        self.rcpts.append(line)
        self.say("250 2.1.5 ok")

    def on_rset(self, line, answer):
        self.sender, self.rcpts = None, []
        self.say("250 ok")

    def on_data(self, line, answer):
        if answer or not self.rcpts:
            self.say(answer or "554 no recipients")
            return
        self.say("354 go")
        lines = []
        while (line := self.file.readline()) != b".\r\n":
            if not line:
                raise Over()
            lines.append(line[1:] if line[:1] == b"." else line)
        body = b"".join(lines)
        sender, rcpts, self.sender = self.sender, self.rcpts, None
        self.taken += 1
        with self.host.lock:
            self.host.messages.append((sender, rcpts, body, self.secure))
        for rcpt in rcpts if self.host.lmtp else [""]:
            self.say(self.host.answer(("end " + rcpt).strip(), "250 2.0.0 taken"))

    def on_quit(self, line, answer):
        self.say("221 bye")
        raise Over()
