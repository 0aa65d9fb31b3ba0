#!/usr/bin/env python3
"""`pli reload` again and again ($RELOADS, 10), alternately with a changed setting and with a new certificate, while
$SESSIONS (500) IMAP sessions are open, a fifth of them over TLS and a fifth in IDLE, and four threads send mail: each
reload is in force afterwards, no session is cut, no message refused, each delivered exactly once."""
import collections
import os
import re
import resource
import ssl
import threading

from pliserver import DOMAIN, Fault, Server, case, diag, expect_ok, main, need_program, run, until

RELOADS = int(os.environ.get("RELOADS") or 10)
SESSIONS = int(os.environ.get("SESSIONS") or 500)
SENDERS = 4
A_CONNECTION = 8                    # messages, then the next one
ACCOUNTS = ["u%d" % i for i in range(10)]
SETTINGS = "".join("[listener %s]\nconnections-per-address = 0\n" % name for name in ("imap", "imaps", "mx", "lmtp"))


class Sender(threading.Thread):
    """Sends until it is told to stop; remembers what was answered 250, and what went wrong."""

    def __init__(self, server, number, stop):
        super().__init__(daemon=True)
        self.server, self.number, self.stop = server, number, stop
        self.sent, self.faults = [], []

    def run(self):
        try:
            while not self.stop.is_set():
                self.connection(("mx", None) if len(self.sent) // A_CONNECTION % 2 else ("mx", "starttls"))
        except Exception as error:
            self.faults.append("sender %d after %d messages: %r" % (self.number, len(self.sent), error))

    def connection(self, way):
        with self.server.smtp(way[0], None, way[1]) as smtp:
            for _ in range(A_CONNECTION):
                key = "%d.%d" % (self.number, len(self.sent))
                account = ACCOUNTS[len(self.sent) % len(ACCOUNTS)]
                smtp.sendmail("x@sender.test", ["%s@%s" % (account, DOMAIN)],
                              b"Message-ID: <%s@sender.test>\r\n\r\n" % key.encode() + b"text\r\n" * 200)
                self.sent.append((account, key))


class Session:
    """An IMAP session that lives through all reloads."""

    def __init__(self, server, number):
        self.imap = server.imap(ACCOUNTS[number % len(ACCOUNTS)], "implicit" if number % 5 == 1 else None)
        self.idle_tag = None
        if number % 3:
            expect_ok(self.imap.select("INBOX"))
        if number % 5 == 2:
            self.idle()

    def idle(self):
        self.idle_tag = self.imap._new_tag()
        self.imap.send(self.idle_tag + b" IDLE\r\n")
        while not self.imap.readline().startswith(b"+"):
            pass

    def answers(self):
        """Fault when the session is cut or says something else than OK."""
        if self.idle_tag:
            self.imap.send(b"DONE\r\n")
            line = self.imap.readline()
            while line.startswith(b"* ") and not line.startswith(b"* BYE"):
                line = self.imap.readline()
            if not line.startswith(self.idle_tag + b" OK"):
                raise Fault("IDLE ended with %r" % line)
            self.idle_tag = None
        expect_ok(self.imap.noop())


def all_answer(sessions):
    cut = collections.Counter()
    for session in sessions:
        try:
            session.answers()
        except Exception as error:
            cut["%s: %s" % (type(error).__name__, error)] += 1
    if cut:
        raise Fault("%d of %d sessions are cut: %s" % (sum(cut.values()), len(sessions), cut.most_common(5)))


def change_setting(server, number):
    """A changed limit, which a new session announces."""
    size = (30 + number) * 1024 * 1024
    server.write("30-size.conf", "[proto-smtp]\nsize-max = %d\n" % size)
    server.reload()
    with server.smtp("mx") as smtp:
        if smtp.esmtp_features.get("size") != str(size):
            raise Fault("reload %d: EHLO says SIZE %s, not %d" % (number, smtp.esmtp_features.get("size"), size))


def change_certificate(server, number):
    """A new certificate, which a new session shows."""
    keys = os.path.join(server.root, "keys")
    run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
         "-subj", "/CN=mail.%s/serialNumber=%d" % (DOMAIN, number), "-keyout", keys + "/new.key",
         "-out", keys + "/new.crt"])
    for name, mode in (("key", 0o600), ("crt", 0o644)):
        os.chmod(keys + "/new." + name, mode)
        os.rename(keys + "/new." + name, keys + "/default." + name)
    server.reload()
    with open(keys + "/default.crt") as pem:
        wanted = ssl.PEM_cert_to_DER_cert(pem.read())
    with server.imap(None, "implicit") as imap:
        if imap.sock.getpeercert(True) != wanted:
            raise Fault("reload %d: the old certificate is still shown" % number)
    with server.smtp("mx", None, "starttls") as smtp:
        if smtp.sock.getpeercert(True) != wanted:
            raise Fault("reload %d: the old certificate is still shown by SMTP" % number)


def refuse_nonsense(server):
    """A setting that does not exist: the reload fails and says where, the old settings stay, nothing is cut."""
    server.need_rooms()
    server.write("31-bad.conf", "[proto-smtp]\nsize-maxx = 1\n")
    done = server.cli("reload", check=False)
    os.unlink(os.path.join(server.root, "conf.d", "31-bad.conf"))
    if done.returncode == 0 or "31-bad.conf:2" not in done.text:
        raise Fault("exit code %d: %s" % (done.returncode, done.text))


def refuse_wrong_key(server):
    """A key that is not the certificate's: refused, and TLS goes on with the old pair."""
    server.need_rooms()
    keys = os.path.join(server.root, "keys")
    os.rename(keys + "/default.key", keys + "/right.key")
    run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out",
         keys + "/default.key"])
    done = server.cli("reload", check=False)
    with server.imap(ACCOUNTS[0], "implicit") as imap:
        expect_ok(imap.noop())
    os.rename(keys + "/right.key", keys + "/default.key")
    if done.returncode == 0 or "certificate default" not in done.text:
        raise Fault("exit code %d: %s" % (done.returncode, done.text))


def reload_all(server, sessions):
    for number in range(RELOADS):
        (change_certificate if number % 2 else change_setting)(server, number)
        all_answer(sessions[number % 20::20])


def delivered(server, senders):
    """All that was answered 250 is there once, and nothing else."""
    sent = collections.Counter(pair for sender in senders for pair in sender.sent)
    found = collections.Counter()
    until("all delivered", lambda: sum(server.count(account) for account in ACCOUNTS) >= sum(sent.values()), 120)
    for account in ACCOUNTS:
        with server.imap(account) as imap:
            expect_ok(imap.select("INBOX", readonly=True))
            for part in expect_ok(imap.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])")):
                if isinstance(part, tuple):
                    found[account, re.search(rb"<([^@]+)@", part[1]).group(1).decode()] += 1
    if found != sent:
        raise Fault("of %d messages missing: %s; more than once or unknown: %s" % (
            sum(sent.values()), list((sent - found).items())[:10], list((found - sent).items())[:10]))


def no_faults(senders):
    faults = [fault for sender in senders for fault in sender.faults]
    if faults or not all(len(sender.sent) > RELOADS for sender in senders):
        raise Fault("sent %s; %s" % ([len(sender.sent) for sender in senders], "\n".join(faults)))


def same_rooms(server, before):
    server.need_rooms()
    after = server.status()
    pids = [{room["room"]: room["pid"] for room in status["rooms"]} for status in (before, after)]
    if pids[0] != pids[1]:
        raise Fault("rooms were %s, are %s" % (before["rooms"], after["rooms"]))
    if after["generation"] != before["generation"] + RELOADS:
        raise Fault("generation %d, was %d" % (after["generation"], before["generation"]))
    unaccounted = sum(value for key, value in server.metrics().items() if key.startswith("pli_unaccounted"))
    if unaccounted != 0:
        raise Fault("pli_unaccounted reads %g" % unaccounted)


def body():
    need_program("openssl")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, SESSIONS + 200)), hard))
    with Server(ACCOUNTS, SETTINGS) as server:
        stop, sessions = threading.Event(), []
        if not case("%d sessions" % SESSIONS, lambda: sessions.extend(Session(server, i) for i in range(SESSIONS))):
            return
        before = server.status()
        senders = [Sender(server, number, stop) for number in range(SENDERS)]
        for sender in senders:
            sender.start()
        until("mail flows", lambda: all(sender.sent or sender.faults for sender in senders))
        case("%d reloads, each in force at once" % RELOADS, reload_all, server, sessions)
        case("wrong settings are refused", refuse_nonsense, server)
        case("a key of another certificate is refused", refuse_wrong_key, server)
        stop.set()
        for sender in senders:
            sender.join(60)
        diag("%d messages were sent" % sum(len(sender.sent) for sender in senders))
        case("no message was refused", no_faults, senders)
        case("no session was cut", all_answer, sessions)
        case("each message is there once", delivered, server, senders)
        case("the rooms are the same", same_rooms, server, before)


if __name__ == "__main__":
    main(body, 120 + 10 * RELOADS)
