#!/usr/bin/env python3
"""store-maildir and Debian's Dovecot on one tree: what one wrote the other shows, with the same UIDs, flags and keywords;
changes of each are noticed by the other while sessions are open. Starts a Dovecot of its own. The tree lies in a
`[volume]`, at a path made of addresses."""
import imaplib
import os
import re
import shutil
import signal
import subprocess
import tempfile

from pliserver import DOMAIN, PASSWORD, Fault, Server, Skip, case, expect_ok, free_ports, main, need_program, until

MAILBOXES = ["INBOX", "Archive", "Lists/pli", "Entw&APw-rfe"]
DATE = '"01-Feb-2024 03:04:05 +0000"'


def message(n, lines=3):
    return ("From: a@example.org\r\nTo: b@example.org\r\nSubject: message %d\r\n\r\n%s" % (n, "line\r\n" * lines)).encode()


class Dovecot:
    """Dovecot over the volume, with the user id that owns it."""

    def __init__(self, volume):
        need_program("dovecot", "doveadm")
        if os.getuid() != 0:
            raise Skip("Dovecot is started as root here")
        if not os.path.exists("/usr/lib/dovecot/imap"):
            raise Skip("dovecot-imapd is not installed")
        self.root = tempfile.mkdtemp(prefix="pli-dovecot-")
        os.chmod(self.root, 0o755)
        self.port = free_ports() + 7
        owner = os.stat(volume)
        with open(os.path.join(self.root, "users"), "w") as users:
            for name in ("ann", "bob", "cat"):
                users.write("%s@%s:{PLAIN}%s\n" % (name, DOMAIN, PASSWORD))
        with open(os.path.join(self.root, "dovecot.conf"), "w") as conf:
            conf.write("""
base_dir = %(root)s/run
state_dir = %(root)s/state
log_path = %(root)s/log
ssl = no
disable_plaintext_auth = no
protocols = imap
listen = 127.0.0.1
mail_location = maildir:%(volume)s/%%d/%%n/Maildir
first_valid_uid = 1
namespace inbox {
  inbox = yes
  separator = /
}
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%%u %(root)s/users
}
userdb {
  driver = static
  args = uid=%(uid)d gid=%(gid)d home=%(volume)s/%%d/%%n
}
service imap-login {
  inet_listener imap {
    port = %(port)d
  }
  inet_listener imaps {
    port = 0
  }
}
""" % {"root": self.root, "volume": volume, "uid": owner.st_uid, "gid": owner.st_gid, "port": self.port})
        # A pipe would be held open by the daemon.
        subprocess.run(["dovecot", "-c", os.path.join(self.root, "dovecot.conf")], stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True, timeout=60)
        until("Dovecot answers", self.answers)

    def answers(self):
        try:
            imaplib.IMAP4("127.0.0.1", self.port, timeout=5).logout()
            return True
        except OSError:
            return False

    def imap(self, name):
        client = imaplib.IMAP4("127.0.0.1", self.port, timeout=60)
        client.login("%s@%s" % (name, DOMAIN), PASSWORD)
        return client

    def close(self):
        try:
            with open(os.path.join(self.root, "run", "master.pid")) as pid:
                number = int(pid.read())
            os.kill(number, signal.SIGTERM)
            until("Dovecot ends", lambda: not os.path.exists("/proc/%d" % number))
        finally:
            shutil.rmtree(self.root, ignore_errors=True)


def fill(imap, first):
    """Mailboxes with messages that have flags, keywords, gaps in their UIDs and dates."""
    for name in MAILBOXES[1:]:
        imap.create(name)
        expect_ok(imap.subscribe(name))
    for at, name in enumerate(MAILBOXES):
        for n in range(8):
            expect_ok(imap.append(name, r"(\Seen)" if n % 2 else "", DATE, message(first + 10 * at + n, 1 + 500 * (n == 3))))
        expect_ok(imap.select(name))
        expect_ok(imap.uid("STORE", "2:3", "+FLAGS", r"(\Flagged work-%d)" % at))
        expect_ok(imap.uid("STORE", "4", "+FLAGS", r"(\Answered $Forwarded)"))
        expect_ok(imap.uid("STORE", "5,8", "+FLAGS", r"(\Deleted)"))
        expect_ok(imap.expunge())
    expect_ok(imap.uid("COPY", "1:2", "Archive"))


def fetch(imap):
    """{UID: (flags, date, size, text)} of the selected mailbox."""
    rows = {}
    for part in expect_ok(imap.uid("FETCH", "1:*", "(UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])")):
        if not isinstance(part, tuple):
            continue
        head = part[0].decode()
        uid = int(re.search(r"UID (\d+)", head).group(1))
        flags = frozenset(re.search(r"FLAGS \(([^)]*)\)", head).group(1).lower().split()) - {r"\recent"}
        size = int(re.search(r"RFC822.SIZE (\d+)", head).group(1))
        rows[uid] = (flags, imaplib.Internaldate2tuple(part[0]), size, part[1])
        if size != len(part[1]):
            raise Fault("UID %d: RFC822.SIZE %d, but %d bytes" % (uid, size, len(part[1])))
    return rows


def number(imap, code):
    return int(imap.untagged_responses[code][-1])


def snapshot(imap):
    """All that an IMAP client can see."""
    seen = {}
    names = {re.search(r' "?([^"]*)"?$', x.decode()).group(1) for x in expect_ok(imap.list()) if x}
    subscribed = {re.search(r' "?([^"]*)"?$', x.decode()).group(1) for x in expect_ok(imap.lsub()) if x}
    for name in sorted(names):
        if imap.select('"%s"' % name, readonly=True)[0] != "OK":
            continue
        seen[name] = (number(imap, "UIDVALIDITY"), number(imap, "UIDNEXT"), fetch(imap))
    seen["subscribed"] = sorted(subscribed - {"INBOX"})
    return seen


def difference(one, two):
    """Of two mailboxes, as short as it can be said."""
    if not (isinstance(one, tuple) and isinstance(two, tuple)):
        return "%r\n%r" % (one, two)
    if one[:-1] != two[:-1] or not isinstance(one[-1], dict):
        return "%r\n%r" % (one[:-1], two[:-1])
    uids = [uid for uid in sorted(set(one[-1]) | set(two[-1])) if one[-1].get(uid) != two[-1].get(uid)]
    return "UIDs %r, the first:\n%r\n%r" % (uids, one[-1].get(uids[0]), two[-1].get(uids[0]))


def compare(one, two, what):
    for name in sorted(set(one) | set(two)):
        if one.get(name) == two.get(name):
            continue
        raise Fault("%s: %s differs: %s" % (what, name, difference(one.get(name), two.get(name))[:3000]))


def dovecot_first(server, dovecot):
    with dovecot.imap("ann") as imap:
        fill(imap, 100)
        wanted = snapshot(imap)
    with server.imap("ann") as imap:
        compare(wanted, snapshot(imap), "taken over from Dovecot")
    with dovecot.imap("ann") as imap:
        compare(wanted, snapshot(imap), "Dovecot, after Pli has opened it")


def pli_first(server, dovecot):
    with server.smtp("lmtp") as lmtp:
        lmtp.sendmail("x@example.org", ["bob@" + DOMAIN], message(1))
    server.wait_count("bob", 1)
    with server.imap("bob") as imap:
        fill(imap, 200)
        wanted = snapshot(imap)
    with dovecot.imap("bob") as imap:
        compare(wanted, snapshot(imap), "written by Pli, read by Dovecot")
    with server.imap("bob") as imap:
        compare(wanted, snapshot(imap), "Pli, after Dovecot has opened it")


def told(imap, check, what):
    """Until NOOPs have brought what is waited for."""
    def once():
        expect_ok(imap.noop())
        return check()
    until(what, once)


def both_at_once(server, dovecot):
    with server.imap("ann") as ours, dovecot.imap("ann") as theirs:
        expect_ok(ours.select("INBOX"))
        expect_ok(theirs.select("INBOX"))
        before = fetch(ours)
        first = min(before)
        expect_ok(theirs.uid("STORE", str(first), "+FLAGS", r"(\Flagged seen-elsewhere)"))
        told(ours, lambda: {r"\flagged", "seen-elsewhere"} <= fetch(ours)[first][0], "Dovecot's flags in Pli")
        expect_ok(ours.uid("STORE", str(first), "-FLAGS", r"(\Flagged)"))
        told(theirs, lambda: r"\flagged" not in fetch(theirs)[first][0], "Pli's flags in Dovecot")
        expect_ok(theirs.append("INBOX", "", DATE, message(300)))
        told(ours, lambda: len(fetch(ours)) == len(before) + 1, "Dovecot's message in Pli")
        with server.smtp("lmtp") as lmtp:
            lmtp.sendmail("x@example.org", ["ann@" + DOMAIN], message(301))
        told(theirs, lambda: len(fetch(theirs)) == len(before) + 2, "Pli's delivery in Dovecot")
        expect_ok(theirs.uid("STORE", str(first), "+FLAGS", r"(\Deleted)"))
        expect_ok(theirs.expunge())
        told(ours, lambda: first not in fetch(ours), "Dovecot's expunge in Pli")
        compare({"INBOX": fetch(ours)}, {"INBOX": fetch(theirs)}, "after changes of both")
    with server.imap("ann") as ours, dovecot.imap("ann") as theirs:
        compare(snapshot(theirs), snapshot(ours), "at the end")


def idle(server, dovecot):
    """A session in IDLE hears of another program's delivery by itself."""
    with server.imap("ann") as ours:
        expect_ok(ours.select("INBOX"))
        ours.send(b"i1 IDLE\r\n")
        while not ours.readline().startswith(b"+"):
            continue
        with dovecot.imap("ann") as theirs:
            expect_ok(theirs.append("INBOX", "", DATE, message(302)))
        line = ours.readline()
        while b"EXISTS" not in line:
            if not line:
                raise Fault("the connection is closed")
            line = ours.readline()
        ours.send(b"DONE\r\n")
        while not ours.readline().startswith(b"i1 OK"):
            continue


def courier(server, volume, owner):
    """A tree with Courier's list of UIDs."""
    tree = os.path.join(volume, DOMAIN, "cat", "Maildir")
    for below in ("cur", "new", "tmp"):
        os.makedirs(os.path.join(tree, below))
    for n, name in enumerate(["1000.a", "1001.b:2,S", "1002.c:2,FRS", "1003.d"]):
        with open(os.path.join(tree, "cur" if ":" in name else "new", name), "wb") as out:
            out.write(message(n).replace(b"\r\n", b"\n"))
    with open(os.path.join(tree, "courierimapuiddb"), "w") as out:
        out.write("1 1018370284 40\n17 1000.a\n23 1001.b\n31 1002.c\n")
    for path, dirs, files in os.walk(volume):
        for one in [path] + [os.path.join(path, x) for x in files]:
            os.chown(one, owner.st_uid, owner.st_gid)
    with server.imap("cat") as imap:
        expect_ok(imap.select("INBOX"))
        rows = fetch(imap)
        have = {uid: sorted(row[0]) for uid, row in rows.items()}
        wanted = {17: [], 23: [r"\seen"], 31: [r"\answered", r"\flagged", r"\seen"], 40: []}
        if have != wanted or number(imap, "UIDVALIDITY") != 1018370284:
            raise Fault("%r, wanted %r; UIDVALIDITY %d" % (have, wanted, number(imap, "UIDVALIDITY")))
        if rows[17][3] != message(0):
            raise Fault("line ends: %r" % rows[17][3])
    pop3 = server.pop3("cat")
    listed = pop3.list()[1]
    pop3.quit()
    if len(listed) != 4:
        raise Fault("POP3 lists %r" % listed)


def body():
    volume = tempfile.mkdtemp(prefix="pli-volume-")
    settings = ("[domain %s]\nstore = maildir\n[volume old]\npath = %s\n[store-maildir]\npath = %s/%%d/%%n/Maildir\n"
                "poll = 100ms\n" % (DOMAIN, volume, volume))
    os.chmod(volume, 0o755)
    try:
        with Server(["ann", "bob", "cat"], settings) as server:
            owner = os.stat(os.path.join(server.root, "data", "store-maildir"))
            os.chown(volume, owner.st_uid, owner.st_gid)
            case("a tree with Courier's list of UIDs", courier, server, volume, owner)
            try:
                dovecot = Dovecot(volume)
            except Skip as why:
                def missing():
                    raise why
                case("with Dovecot", missing)
                return
            try:
                case("a tree that Dovecot wrote", dovecot_first, server, dovecot)
                case("a tree that Pli wrote", pli_first, server, dovecot)
                case("changes of both while sessions are open", both_at_once, server, dovecot)
                case("IDLE hears of other programs", idle, server, dovecot)
            finally:
                dovecot.close()
    finally:
        if not os.environ.get("PLI_TEST_KEEP"):
            shutil.rmtree(volume, ignore_errors=True)


if __name__ == "__main__":
    main(body, 240)
