#!/usr/bin/env python3
"""Other clients of Debian's: offlineimap copies an account into Maildirs, getmail fetches one by POP3 and by IMAP, curl
lists, fetches and sends. What is not installed is skipped."""
import collections
import os
import random
import re

import mirror
import shapes
from pliserver import DOMAIN, PASSWORD, Fault, Server, case, expect_ok, main, need_program, run

MESSAGES = 60
NOBODY = 65534
KINDS = ("cur", "new", "tmp")
FOLDER = "Entw&APw-rfe"
LOGIN, GINA = "ann@" + DOMAIN, "gina@" + DOMAIN
OFFLINEIMAP = """
[general]
accounts = ann
metadata = {root}/offlineimap
ui = basic
fsync = false
[Account ann]
localrepository = near
remoterepository = far
[Repository near]
type = Maildir
localfolders = {folder}
sep = /
[Repository far]
type = IMAP
remotehost = localhost
remoteport = {port}
remoteuser = {login}
remotepass = {password}
readonly = True
sep = /
{security}
"""
GETMAIL = """
[retriever]
type = {kind}
server = localhost
port = {port}
username = {login}
password = {password}
timeout = 10
[destination]
type = Maildir
path = {folder}/
[options]
read_all = false
delete = false
delivered_to = false
received = false
verbose = 1
"""


def message(number):
    """One that each client takes as it is: these are tests of the conversation, not of clients' odd corners."""
    shape = [shapes.plain, shapes.attachment, shapes.nested][number % 3]
    return shape(random.Random(number))


def fill(server):
    smtp = server.smtp("mx")
    for number in range(MESSAGES):
        smtp.sendmail("x@sender.test", [LOGIN], message(number))
    smtp.quit()
    server.wait_count("ann", MESSAGES)
    with server.imap("ann") as imap:
        expect_ok(imap.create('"%s"' % FOLDER))
        expect_ok(imap.select("INBOX"))
        expect_ok(imap.copy("1:10", '"%s"' % FOLDER))
        expect_ok(imap.store("1:20", "+FLAGS", "(\\Seen)"))
        expect_ok(imap.store("5:9", "+FLAGS", "(\\Flagged \\Answered)"))


def content(counter):
    """Bodies alone, with flags: these clients write headers anew."""
    return collections.Counter({(key[0].split(b"\n\n", 1)[1].rstrip(b"\n"), key[1]): n for key, n in counter.items()})


def without_flags(counter):
    found = collections.Counter()
    for (text, _), n in counter.items():
        found[text, frozenset()] += n
    return found


def offlineimap(server, security, port):
    """One way: all folders, twice, and once more after changes."""
    need_program("offlineimap")
    folder = os.path.join(server.root, "offline-" + port)
    config = os.path.join(server.root, port + ".offlineimaprc")
    os.makedirs(folder)
    with open(config, "w") as out:
        out.write(OFFLINEIMAP.format(root=server.root + "/" + port, folder=folder, port=server.port(port), login=LOGIN,
                                     password=PASSWORD, security=security))
    os.makedirs(server.root + "/" + port)

    def sync():
        text = run(["offlineimap", "-o", "-c", config], 120, env={**os.environ, "HOME": server.root}).text
        if re.search(r"ERROR|Traceback", text):
            raise Fault("offlineimap says:\n" + text[-3000:])
        with server.imap("ann") as imap:
            for name in ("INBOX", FOLDER):
                mirror.same(name, content(mirror.of_imap(imap, '"%s"' % name)),
                            content(mirror.of_maildir(os.path.join(folder, name))))
        return mirror.files(folder)

    if set(sync()) != set(sync()):
        raise Fault("a second run of offlineimap changed something")
    with server.imap("ann") as imap:
        expect_ok(imap.select("INBOX"))
        expect_ok(imap.store("11:13", "-FLAGS", "(\\Seen)"))
        expect_ok(imap.store("1", "+FLAGS", "(\\Deleted)"))
        expect_ok(imap.expunge())
    sync()


class LostChild(Exception):
    """getmail 6.18 forgets to look before it waits for the process that writes a file, and so misses its end."""


class Getmail:
    """Fetches what GINA has into a Maildir, and remembers what it has fetched."""

    def __init__(self, server, kind, port, number):
        self.server, self.kind = server, kind
        self.place = os.path.join(server.root, "getmail-%s-%d" % (port, number))
        self.folder = os.path.join(self.place, "Maildir")
        self.user = NOBODY if os.geteuid() == 0 else None       # getmail does not deliver as root
        for name in KINDS:
            os.makedirs(os.path.join(self.folder, name))
        with open(os.path.join(self.place, "getmailrc"), "w") as out:
            out.write(GETMAIL.format(kind=kind, port=server.port(port), login=GINA, password=PASSWORD,
                                     folder=self.folder))
        for path in (self.place, os.path.join(self.place, "getmailrc"), self.folder,
                     *(os.path.join(self.folder, name) for name in KINDS)):
            if self.user:
                os.chown(path, self.user, self.user)

    def fetch(self):
        done = run(["getmail", "--getmaildir", self.place, "--rcfile", "getmailrc"], 120,
                   env={**os.environ, "HOME": self.place}, user=self.user, check=False)
        if re.search(r"waiting child pid \d+ timed out", done.text):
            raise LostChild()
        if done.returncode != 0:
            raise Fault("getmail: exit code %d\n%s" % (done.returncode, done.text[-4000:]))
        with self.server.imap(GINA) as imap:
            mirror.same(self.kind, without_flags(content(mirror.of_imap(imap, "INBOX"))),
                        without_flags(content(mirror.of_maildir(self.folder))))


def send_gina(server, first, count):
    had = server.count(GINA)
    with server.smtp("mx") as smtp:
        for number in range(first, first + count):
            smtp.sendmail("x@sender.test", [GINA], message(number))
    server.wait_count(GINA, had + count)


def getmail(server, kind, port, again):
    """Fetches all, once; then what is new, and nothing twice. From the start again where getmail lost its child."""
    need_program("getmail")
    for attempt in range(10):
        one = Getmail(server, kind, port, attempt)
        try:
            one.fetch()
            one.fetch()
            send_gina(server, again + attempt, 1)
            one.fetch()
            return
        except LostChild:
            continue
    raise Fault("getmail lost its child ten times")


def curl(server, *words):
    return run(["curl", "--silent", "--show-error", "--insecure", "--max-time", "60", *words], 90).stdout


def curl_reads(server):
    """imaps and pop3s: lists, and the first message whole."""
    need_program("curl")
    user = ["--user", "%s:%s" % (LOGIN, PASSWORD)]
    imaps, pop3s = ("%s://127.0.0.1:%d/" % (name, server.port(name)) for name in ("imaps", "pop3s"))
    if FOLDER.encode() not in curl(server, *user, imaps):
        raise Fault("curl does not list %s" % FOLDER)
    with server.imap("ann", "implicit") as imap:
        count = int(expect_ok(imap.select("INBOX", readonly=True))[0])
        for number in (1, count // 2, count):
            parts = expect_ok(imap.fetch(str(number), "(UID BODY.PEEK[])"))
            uid, whole = re.search(rb"UID (\d+)", parts[0][0]).group(1).decode(), parts[0][1]
            by_imap = curl(server, *user, imaps + "INBOX;UID=" + uid)
            if by_imap != whole:
                raise Fault("curl reads %d bytes by IMAP, imaplib %d" % (len(by_imap), len(whole)))
            by_pop3 = curl(server, *user, pop3s + str(number))
            if by_pop3 != whole:
                raise Fault("curl reads %d bytes by POP3, imaplib %d" % (len(by_pop3), len(whole)))
    listing = curl(server, *user, pop3s).split(b"\r\n")
    if len([line for line in listing if line]) != count:
        raise Fault("curl lists %d messages by POP3, not %d" % (len(listing), count))


def curl_sends(server):
    """Submission with STARTTLS, with TLS, and plain SMTP."""
    need_program("curl")
    path = os.path.join(server.root, "curl.eml")
    sent = message(900)
    with open(path, "wb") as out:
        out.write(sent)
    login = ["--user", "%s:%s" % (LOGIN, PASSWORD)]
    for url, more in (("smtp://127.0.0.1:%d/client.test" % server.port("submission"), [*login, "--ssl-reqd"]),
                      ("smtps://127.0.0.1:%d/client.test" % server.port("submissions"), login),
                      ("smtp://127.0.0.1:%d/client.test" % server.port("mx"), [])):
        curl(server, "--url", url, "--mail-from", LOGIN, "--mail-rcpt", "bob@" + DOMAIN, "--upload-file", path, *more)
    server.wait_count("bob", 3)
    with server.imap("bob") as imap:
        expect_ok(imap.select("INBOX"))
        for number in (1, 2, 3):
            got = expect_ok(imap.fetch(str(number), "(BODY[])"))[0][1]
            if not got.endswith(sent):
                raise Fault("message %d is not what curl sent: %r" % (number, got[:300]))


def body():
    with Server(["ann", "bob", "gina"]) as server:
        case("an account with messages", fill, server)
        case("curl reads", curl_reads, server)
        case("curl sends", curl_sends, server)
        send_gina(server, 1000, 12)
        case("getmail by POP3", getmail, server, "SimplePOP3Retriever", "pop3", 1100)
        case("getmail by POP3 over TLS", getmail, server, "SimplePOP3SSLRetriever", "pop3s", 1200)
        case("getmail by IMAP", getmail, server, "SimpleIMAPRetriever", "imap", 1300)
        case("getmail by IMAP over TLS", getmail, server, "SimpleIMAPSSLRetriever", "imaps", 1400)
        case("offlineimap", offlineimap, server, "ssl = no\nstarttls = no", "imap")
        fingerprint = run(["openssl", "x509", "-in", server.root + "/keys/default.crt", "-noout", "-fingerprint",
                           "-sha512"]).text.split("=", 1)[1].strip().replace(":", "").lower()
        case("offlineimap over TLS", offlineimap, server,
             "ssl = yes\nssl_version = tls1_2\ntls_level = tls_secure\ncert_fingerprint = " + fingerprint, "imaps")


if __name__ == "__main__":
    main(body, 400)
