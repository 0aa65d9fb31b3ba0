#!/usr/bin/env python3
"""Bad input to SMTP in all roles, IMAP and POP3: each is answered with a clear error, or the connection ends in time; no room
dies, nothing that was not meant to be a message becomes one. $PLI_ASAN names a program with sanitizers to be used instead
of $PLI. The lists are in payloads.py; silence, slowness and numbers are in crowd.py.
"""
import os
import random
import re

if os.environ.get("PLI_ASAN"):
    os.environ["PLI"] = os.environ["PLI_ASAN"]
    os.environ.setdefault("PLI_TEST_SLOW", "3")

import hostile                                                     # noqa: E402
import payloads                                                    # noqa: E402
from hostile import ANN, Fault, Wire                               # noqa: E402

SEED = int(os.environ.get("PLI_HOSTILE_SEED") or 20260)
ROUNDS = int(os.environ.get("PLI_HOSTILE_ROUNDS") or 120)
ROLES = ("mx", "submission", "submissions", "lmtp")
SETTINGS = """
[proto-smtp]
size-max = 24MiB
[net]
handshake-timeout = 3s
"""
REPLY = re.compile(rb"(\d{3}[- ][^\r\n]*\r\n)*\Z")
_sources = 0


def source():
    """An address of one's own, so that failed logins of one test do not slow down the next."""
    global _sources
    _sources += 1
    return "127.%d.%d.%d" % (1 + _sources // 60000, _sources // 250 % 240, 1 + _sources % 250)


def say(server, listener, data, seconds=30):
    """All that is answered to `data` and the end of input."""
    with Wire(server.port(listener), tls=listener in ("submissions", "imaps", "pop3s"), seconds=seconds,
              source=source()) as wire:
        wire.until(rb"\n")
        if wire.send(data) and listener not in ("submissions", "imaps", "pop3s"):
            try:
                wire.sock.shutdown(1)
            except OSError:
                pass
        elif listener in ("submissions", "imaps", "pop3s"):
            wire.send(b"\r\n.\r\nQUIT\r\n")
        return wire.rest()


def smtp_lines(server, role):
    for name, data in payloads.smtp():
        if role == "lmtp":
            data = data.replace(b"EHLO", b"LHLO")
        try:
            said = say(server, role, data)
        except Fault as fault:
            raise Fault("%s: %s" % (name, fault))
        if not REPLY.match(said):
            raise Fault("%s: answered %r" % (name, said[-300:]))
        if re.search(rb"^354 ", said, re.M) and role != "mx":
            continue
        if not re.search(rb"^[45]\d\d[ -]", said, re.M) and not name.startswith(("fine", "flood")):
            raise Fault("%s: no error in %r" % (name, said[-300:]))


def long_lines_and_others(server):
    """A line that is too long costs one reply; what comes with it in one packet is not lost. RFC 5321 4.5.3.1, RFC 2920 3.2."""
    for line, others, want in ((b"x" * 5000, b"NOOP\r\nNOOP\r\nQUIT\r\n", [b"500", b"250", b"250", b"221"]),
                               (b"x" * 4095, b"NOOP\r\nQUIT\r\n", [b"500", b"250", b"221"]),
                               (b"\0" * 9000, b"QUIT\r\n", [b"500", b"221"])):
        said = re.findall(rb"^\d{3}(?= )", say(server, "mx", line + b"\r\n" + others), re.M)
        if said != want:
            raise Fault("%d bytes and %r are answered %r" % (len(line), others, said))


def smtp_messages(server):
    """Messages that are hard to read are taken or refused; those taken can be read."""
    n = server.count("ann")
    for name, text in payloads.messages():
        with hostile.smtp(server, source=source(), seconds=60) as wire:
            for line in (b"MAIL FROM:<x@else.test>", b"RCPT TO:<%s>" % ANN.encode(), b"DATA"):
                wire.code(line)
            wire.send(text + b"\r\n.\r\n")
            code = wire.code()
            if code != 250 and code // 100 != 5:
                raise Fault("%s: answered %d" % (name, code))
        if code != 250:
            continue
        n += 1
        server.wait_count("ann", n, 60)
        with Wire(server.port("imap"), source=source(), seconds=60) as wire:
            wire.until(rb"\n")
            wire.imap(b"a", b"LOGIN %s \"%s\"" % (ANN.encode(), hostile.PASSWORD.encode()))
            wire.imap(b"b", b"EXAMINE INBOX")
            for what in (b"(FLAGS ENVELOPE BODYSTRUCTURE BODY RFC822.SIZE)", b"BODY.PEEK[HEADER.FIELDS (TO X)]",
                         b"BODY.PEEK[1.1.1.MIME]", b"BODY.PEEK[]<0.100000>"):
                said = wire.imap(b"c", b"FETCH * " + what)
                if b"\nc OK" not in b"\n" + said and b"\nc NO" not in b"\n" + said:
                    raise Fault("%s: FETCH %s is answered %r" % (name, what, said[-300:]))
            said = wire.imap(b"d", b"SEARCH TEXT zzzz SUBJECT zzzz")
            if b"d OK" not in said:
                raise Fault("%s: SEARCH is answered %r" % (name, said[-300:]))


def smuggling(server):
    """An end of data that is none must not let a second message out of the first. CVE-2023-51764 to 51766."""
    for end in payloads.ENDS:
        for split in (False, True):
            n = server.count("bob")
            with hostile.smtp(server, source=source()) as wire:
                for line in (b"MAIL FROM:<x@else.test>", b"RCPT TO:<bob@example.test>", b"DATA"):
                    wire.code(line)
                wire.send(b"Subject: outer\r\n\r\ntext" + end[:len(end) // 2 if split else len(end)])
                if split:
                    wire.send(end[len(end) // 2:])
                wire.send(b"MAIL FROM:<smuggled@else.test>\r\nRCPT TO:<bob@example.test>\r\nDATA\r\n"
                          b"Subject: inner\r\n\r\nsmuggled\r\n.\r\nQUIT\r\n")
                said = wire.rest()
            if re.search(rb"^250 .*queued", said, re.M):
                raise Fault("%r is taken: %r" % (end, said))
            if server.count("bob") != n:
                raise Fault("%r lets a message in" % end)


def injection(server):
    """What is sent behind STARTTLS in the clear is not obeyed after the handshake. CVE-2011-0411."""
    faults = []
    for listener, hello, start, evil in (
            ("mx", b"EHLO client.test\r\n", b"STARTTLS\r\n", b"EHLO evil.test\r\nMAIL FROM:<x@else.test>\r\n"),
            ("submission", b"EHLO client.test\r\n", b"STARTTLS\r\n", b"NOOP\r\n"),
            ("imap", b"a CAPABILITY\r\n", b"b STARTTLS\r\n", b"c NOOP\r\n"),
            ("pop3", b"CAPA\r\n", b"STLS\r\n", b"CAPA\r\n")):
        with Wire(server.port(listener), source=source()) as wire:
            wire.until(rb"\n")
            wire.send(hello + start + evil)
            wire.until({"imap": rb"^b OK[^\n]*\n", "pop3": rb"^\+OK.*\n(.*\n)*\.\r\n\+OK[^\n]*\n"}.get(listener, rb"^220 [^\n]*\n"))
            if wire.data:
                faults.append("%s: answered in the clear: %r" % (listener, wire.data))
                continue
            try:
                wire.secure()
                wire.sock.settimeout(1)
                said = wire.sock.recv(1000)
            except OSError:
                said = b""
            if said:
                faults.append("%s obeys what came before the handshake: %r" % (listener, said))
    if faults:
        raise Fault("\n".join(faults))


def imap_lines(server, signed_in):
    login = b"l LOGIN %s \"%s\"\r\ns SELECT INBOX\r\n" % (ANN.encode(), hostile.PASSWORD.encode())
    for name, data in payloads.imap():
        said = say(server, "imap", (login if signed_in else b"") + data + b"\r\nzz LOGOUT\r\n")
        if signed_in:
            if b"l OK" not in said or b"s OK" not in said:
                raise Fault("%s: no login: %r" % (name, said[:300]))
            said = said[said.index(b"\ns OK"):]
        if not name.startswith("fine") and not re.search(rb"(?i)^\S+ (BAD|NO|BYE)", said, re.M):
            raise Fault("%s: no error in %r" % (name, said[-300:]))


def pop3_lines(server, signed_in):
    login = b"USER %s\r\nPASS %s\r\n" % (ANN.encode(), hostile.PASSWORD.encode())
    for name, data in payloads.pop3():
        said = say(server, "pop3", (login if signed_in else b"") + data + b"\r\nQUIT\r\n")
        if not name.startswith("flood") and b"-ERR" not in said:
            raise Fault("%s: no error in %r" % (name, said[-300:]))


def mutate(random_, text):
    """A few changes of a dialogue: bytes, pieces, sizes."""
    text = bytearray(text)
    for _ in range(random_.choice((1, 1, 2, 3, 8))):
        at = random_.randrange(len(text) + 1)
        kind = random_.randrange(7)
        if kind == 0 and text:
            text[min(at, len(text) - 1)] = random_.randrange(256)
        elif kind == 1:
            del text[at:at + random_.choice((1, 2, 5, 40))]
        elif kind == 2:
            text[at:at] = random_.choice(payloads.PIECES)
        elif kind == 3:
            end = at + random_.randrange(1, 60)
            text[at:at] = text[at:end] * random_.choice((1, 2, 50))
        elif kind == 4:
            text[at:at] = bytes(random_.randrange(256) for _ in range(random_.choice((1, 4, 300))))
        elif kind == 5:
            lines = text.split(b"\r\n")
            random_.shuffle(lines)
            text = bytearray(b"\r\n".join(lines))
        else:
            text = bytearray(re.sub(rb"\d+", lambda _: random_.choice(payloads.NUMBERS), bytes(text), count=2))
    return bytes(text)


def mutations(server, listener):
    random_ = random.Random("%d %s" % (SEED, listener))
    for i in range(ROUNDS):
        data = mutate(random_, random_.choice(payloads.DIALOGUES[listener]))
        try:
            say(server, listener, data)
        except (Fault, OSError) as fault:
            raise Fault("seed %d, round %d, %r: %s" % (SEED, i, data[:2000], fault))


def garbage_instead_of_tls(server):
    random_ = random.Random(SEED)
    hello = payloads.client_hello()
    for listener in ("submissions", "imaps", "pop3s"):
        tries = [b"", b"\0" * 5000, b"EHLO x\r\n" * 100, b"\x16\x03\x01\xff\xff" + b"\1" * 70000, b"\x16\x03\x01\0\0" * 5000,
                 b"\x15\x03\x03\0\2\1\0" * 5000, b"\x80\x2e\x01\0\2" + b"\0" * 100, hello[:20], hello + b"\0" * 100]
        tries += [mutate(random_, hello) for _ in range(ROUNDS // 4)]
        for data in tries:
            with Wire(server.port(listener), source=source(), seconds=45) as wire:
                wire.send(data)
                try:
                    wire.sock.shutdown(1)
                except OSError:
                    continue
                wire.rest()


def body():
    hostile.diag("seed %d, %d rounds, %s" % (SEED, ROUNDS, hostile.pliserver.PLI))
    with hostile.Server(settings=SETTINGS) as server, hostile.watch(server):
        hostile.check_alive(server)
        before = server.pss()
        for role in ROLES:
            hostile.case("bad SMTP, " + role, smtp_lines, server, role)
        hostile.case("long lines in a pipeline", long_lines_and_others, server)
        hostile.case("smuggling", smuggling, server)
        hostile.case("injection before TLS", injection, server)
        hostile.case("bad IMAP before a login", imap_lines, server, False)
        hostile.case("bad IMAP", imap_lines, server, True)
        hostile.case("bad POP3 before a login", pop3_lines, server, False)
        hostile.case("bad POP3", pop3_lines, server, True)
        hostile.case("garbage instead of TLS", garbage_instead_of_tls, server)
        for listener in payloads.DIALOGUES:
            hostile.case("mutations, " + listener, mutations, server, listener)
        hostile.case("hard messages", smtp_messages, server)
        hostile.case("the server is well", hostile.check_alive, server)
        hostile.diag("PSS of all processes: %d KiB before, %d KiB after" % (before >> 10, server.pss() >> 10))


if __name__ == "__main__":
    hostile.main(body, 500)
