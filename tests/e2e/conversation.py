#!/usr/bin/env python3
"""A conversation: messages of all shapes go in by SMTP, submission and LMTP (smtplib and swaks; plain, STARTTLS, TLS)
and come out byte for byte by IMAP FETCH and POP3 RETR (plain, STARTTLS, TLS). $MESSAGES of them (200), those of the
test data and two of 25 MiB beside. What the server may add stands on top: Return-Path and Received, and on submission
Message-ID and Date where they are missing; Bcc is taken away there."""
import os
import random
import re
import shutil

import shapes
from pliserver import (DOMAIN, PASSWORD, Fault, Server, Skip, case, expect_ok, main, need_program, run)

MESSAGES = int(os.environ.get("MESSAGES") or 200)
EACH_SWAKS = 10                     # every tenth message goes by swaks, which takes 0.2 s to start
BIG = 25 * 1024 * 1024
WAYS = [("mx", None), ("mx", "starttls"), ("submission", None), ("submission", "starttls"), ("submissions", "implicit"),
        ("lmtp", None)]
TRACE = re.compile(rb"\AReturn-Path: <([^>\r\n]*)>\r\nReceived: ((?:[^\r\n]|\r\n[\t ])*)\r\n")
FIELD = re.compile(rb"[!-9;-~]+[ \t]*:|>?From |\r\n")
ITEM = re.compile(rb'(RFC822\.SIZE|BODY\[[^\]]*\](?:<\d+>)?) (\d+|NIL|"(?:[^"\\]|\\.)*"|\{\d+\}\Z)')


class Sent:
    def __init__(self, key, name, message, way):
        self.key, self.name, self.message, self.way = key, name, message, way
        self.submitted = way[0].startswith("submission")
        self.rcpt = "ann+%s@%s" % (key, DOMAIN)
        self.sender = "ann@" + DOMAIN if self.submitted else "%s@sender.test" % key


# Sending

def stuffed(message):
    return re.sub(rb"(?m)^\.", b"..", message) + b".\r\n"


def send_smtplib(client, sent):
    options = ["BODY=8BITMIME"] if not sent.message.isascii() and client.has_extn("8bitmime") else []
    for code, text in (client.mail(sent.sender, options), client.rcpt(sent.rcpt), client.docmd("DATA")):
        if code not in (250, 354):
            raise Fault("%s by %s: %d %s" % (sent.name, sent.way, code, text))
    client.send(stuffed(sent.message))
    code, text = client.getreply()
    if code != 250:
        raise Fault("%s by %s: %d %s" % (sent.name, sent.way, code, text))


def send_swaks(server, sent):
    listener, tls = sent.way
    path = os.path.join(server.root, "swaks.data")
    with open(path, "wb") as out:
        out.write(stuffed(sent.message))
    words = ["swaks", "--server", "127.0.0.1", "--port", str(server.port(listener)), "--from", sent.sender,
             "--to", sent.rcpt, "--ehlo", "client.test", "--no-data-fixup", "--data", "@" + path, "--timeout", "60s",
             "--silent", "1"]
    if sent.submitted:
        words += ["--auth", "LOGIN" if int(sent.key[1:]) % 2 else "PLAIN", "--auth-user", sent.sender,
                  "--auth-password", PASSWORD]
    words += {"starttls": ["--tls"], "implicit": ["--tls-on-connect"]}.get(tls, [])
    words += ["--protocol", "LMTP"] if listener == "lmtp" else []
    run(words)


def send_all(server, messages):
    """Every message by one of the ways, each of which gets every shape; what was sent, by key."""
    clients, all_sent = {}, {}
    swaks = shutil.which("swaks")
    try:
        for number, (name, message) in enumerate(messages):
            way = WAYS[(number + number // len(shapes.SHAPES)) % len(WAYS)]
            sent = Sent("m%d" % number, name, message, way)
            if swaks and number % EACH_SWAKS == 0 and len(message) < 1 << 20:
                send_swaks(server, sent)
            else:
                if way not in clients:
                    clients[way] = server.smtp(way[0], "ann" if sent.submitted else None, way[1])
                send_smtplib(clients[way], sent)
            all_sent[sent.key] = sent
    finally:
        for client in clients.values():
            client.close()
    return all_sent


# Comparing

def header_fields(message):
    """[name in lower case, field with its folds] of the header; no name where a line is no field."""
    fields = []
    for line in re.finditer(rb"[^\r\n]*\r\n", message):
        if line.group() == b"\r\n":
            break
        if line.group()[:1] in b" \t" and fields:
            fields[-1][1] += line.group()
            continue
        name = FIELD.match(line.group())
        fields.append([name.group().rstrip(b": \t").lower() if name else b"", line.group()])
    return fields


def without(message, name):
    """The message without header fields of this name."""
    for has, field in header_fields(message):
        if has == name:
            message = message.replace(field, b"", 1)
    return message


def check_submitted(sent, rest):
    """What the server adds to a submitted message, and takes away from it, and no more."""
    names = {name for name, _ in header_fields(sent.message)}
    for name in (b"Message-ID", b"Date"):
        if name.lower() not in names:
            added = re.search(rb"^%s: [^\r\n]+\r\n" % name, rest[:4096], re.M)
            if not added:
                raise Fault("%s: no %s was added" % (sent.name, name.decode()))
            rest = rest[:added.start()] + rest[added.end():]
    return without(sent.message, b"bcc"), rest


def difference(wanted, got):
    at = next((i for i, (a, b) in enumerate(zip(wanted, got)) if a != b), min(len(wanted), len(got)))
    near = slice(max(at - 20, 0), at + 60)
    return "%d bytes, %d wanted; differ at %d: %r, wanted %r" % (len(got), len(wanted), at, got[near], wanted[near])


def compare(all_sent, got):
    """The message that `got` is; Fault when it is not what was sent."""
    trace = TRACE.match(got)
    if not trace:
        raise Fault("no trace on top: %r" % got[:200])
    key = re.search(rb"for <ann\+(m\d+)@", trace.group(2))
    if not key or key.group(1).decode() not in all_sent:
        raise Fault("nobody sent this: %r" % got[:300])
    sent = all_sent[key.group(1).decode()]
    if trace.group(1).decode() != sent.sender:
        raise Fault("Return-Path %r, wanted %s" % (trace.group(1), sent.sender))
    wanted, rest = sent.message, got[trace.end():]
    if sent.submitted:
        wanted, rest = check_submitted(sent, rest)
    wanted = without(wanted, b"return-path")            # RFC 5321 4.4: there is one, on top
    if not FIELD.match(wanted) and rest == b"\r\n" + wanted:
        rest = wanted                                   # no header: an empty line keeps ours off the text
    if rest != wanted:
        raise Fault("%s by %s: %s" % (sent.name, sent.way, difference(wanted, rest)))
    return sent


# Reading

def items(answer):
    """{name: value} of one FETCH answer as imaplib gives it: tuples (text up to a literal, literal), and text."""
    found = {}
    for part in answer:
        head, literal = part if isinstance(part, tuple) else (part, None)
        for item in ITEM.finditer(head):
            name, value = item.groups()
            if value.startswith(b"{"):
                value = literal
            elif value.startswith(b'"'):
                value = re.sub(rb"\\(.)", rb"\1", value[1:-1])
            found[name.decode()] = value
    return found


def fetch(imap, number, what):
    return items(expect_ok(imap.fetch(str(number), "(%s)" % what)))


def check_parts(imap, number, whole, rnd):
    """Header, text, size and pieces agree with the whole message."""
    size = len(whole)
    got = fetch(imap, number, "RFC822.SIZE BODY.PEEK[HEADER] BODY.PEEK[TEXT]")
    if int(got["RFC822.SIZE"]) != size:
        raise Fault("RFC822.SIZE %s, BODY[] has %d" % (got["RFC822.SIZE"], size))
    if got["BODY[HEADER]"] + got["BODY[TEXT]"] != whole:
        raise Fault("BODY[HEADER] and BODY[TEXT]: " + difference(whole, got["BODY[HEADER]"] + got["BODY[TEXT]"]))
    for start, length in [(0, 1), (0, size), (0, size + 100), (size - 1, 5), (size, 5), (size + 7, 5), (1, 1 << 31),
                          *((rnd.randrange(size), rnd.randrange(1, 70000)) for _ in range(3))]:
        piece = fetch(imap, number, "BODY.PEEK[]<%d.%d>" % (start, length))["BODY[]<%d>" % start]
        if piece != whole[start:start + length]:
            raise Fault("BODY[]<%d.%d>: %s" % (start, length, difference(whole[start:start + length], piece)))


def read_imap(server, all_sent, tls, every, deep):
    """Every n-th message by IMAP; all of them must be there once. deep: parts and pieces too."""
    rnd, seen = random.Random(5), set()
    with server.imap("ann", tls) as imap:
        count = int(expect_ok(imap.select("INBOX"))[0])
        for number in range(1, count + 1, every):
            whole = fetch(imap, number, "BODY[]" if number % 2 else "BODY.PEEK[]")["BODY[]"]
            sent = compare(all_sent, whole)
            if sent.key in seen:
                raise Fault("%s is there twice" % sent.name)
            seen.add(sent.key)
            if deep:
                try:
                    check_parts(imap, number, whole, rnd)
                except Fault as fault:
                    raise Fault("%s: %s" % (sent.name, fault))
    if every == 1 and seen != set(all_sent):
        raise Fault("missing: %s" % ", ".join(all_sent[key].name for key in set(all_sent) - seen))


def read_pop3(server, all_sent, tls, every):
    seen = set()
    pop3 = server.pop3("ann", tls)
    try:
        sizes = [int(line.split()[1]) for line in pop3.list()[1]]
        for number in range(1, len(sizes) + 1, every):
            lines = pop3.retr(number)[1]
            whole = b"".join(line + b"\r\n" for line in lines)
            sent = compare(all_sent, whole)
            if len(whole) != sizes[number - 1]:
                raise Fault("%s: LIST says %d, RETR gives %d" % (sent.name, sizes[number - 1], len(whole)))
            seen.add(sent.key)
    finally:
        pop3.quit()
    if every == 1 and seen != set(all_sent):
        raise Fault("missing: %s" % ", ".join(all_sent[key].name for key in set(all_sent) - seen))


def append(server, messages):
    """What APPEND stores is what FETCH gives, also without a line end at the end."""
    with server.imap("bob") as imap:
        expect_ok(imap.create("Appended"))
        for name, message in messages:
            if message and not message.endswith(b"\r\n\r\n"):
                message = message[:-2]
            if not message:
                continue
            expect_ok(imap.append("Appended", "(\\Seen)", None, message))
            count = int(expect_ok(imap.select("Appended"))[0])
            got = fetch(imap, count, "BODY[]")["BODY[]"]
            if got != message:
                raise Fault("%s: %s" % (name, difference(message, got)))


def uids(server):
    with server.imap("ann") as imap:
        expect_ok(imap.select("INBOX", readonly=True))
        return imap.response("UIDVALIDITY")[1], expect_ok(imap.uid("SEARCH", "ALL"))


def restart(server, all_sent):
    """A clean stop and a start: same UIDs, same messages, and the next one gets a new UID."""
    before = uids(server)
    if server.stop() != 0:
        raise Fault("pli serve ended with exit code %d" % server.process.returncode)
    server.start()
    if uids(server) != before:
        raise Fault("UIDs were %s, are %s" % (before, uids(server)))
    read_imap(server, all_sent, None, 1, False)
    with server.smtp("lmtp") as lmtp:
        lmtp.sendmail("x@sender.test", ["ann@" + DOMAIN], b"Subject: next\r\n\r\n")
    server.wait_count("ann", len(all_sent) + 1)
    last = [int(text[0].split()[-1]) for _, text in (before, uids(server))]
    if last[1] <= last[0]:
        raise Fault("UID %d after %d" % (last[1], last[0]))


def body():
    messages = [shapes.one(number) for number in range(MESSAGES)]
    try:
        messages += shapes.files()
    except Skip as why:
        case("test data", lambda: (_ for _ in ()).throw(Skip(why)))
    case("swaks", need_program, "swaks")
    messages += [("25-MiB-%d" % number, shapes.big(BIG + number)) for number in range(2)]
    with Server(["ann", "bob"]) as server:
        all_sent = {}
        if not case("%d messages are taken" % len(messages), lambda: all_sent.update(send_all(server, messages))):
            return
        case("all are delivered", server.wait_count, "ann", len(messages), 120)
        case("IMAP", read_imap, server, all_sent, None, 1, True)
        case("IMAP over TLS", read_imap, server, all_sent, "implicit", 1, False)
        case("IMAP over STARTTLS", read_imap, server, all_sent, "starttls", 7, True)
        case("POP3", read_pop3, server, all_sent, None, 1)
        case("POP3 over TLS", read_pop3, server, all_sent, "implicit", 1)
        case("POP3 over STARTTLS", read_pop3, server, all_sent, "starttls", 7)
        case("APPEND", append, server, messages[:60] + messages[-1:])
        case("the books balance", balance, server, len(messages))
        if server.store == "pack":
            case("all is there after a restart", restart, server, all_sent)


def balance(server, count):
    metrics = server.metrics()
    unaccounted = sum(value for key, value in metrics.items() if key.startswith("pli_unaccounted"))
    accepted = sum(value for key, value in metrics.items() if key.startswith("pli_queue_accepted"))
    if unaccounted != 0 or accepted != count:
        raise Fault("unaccounted %g, accepted %g of %d" % (unaccounted, accepted, count))


if __name__ == "__main__":
    main(body, 300 + MESSAGES)
