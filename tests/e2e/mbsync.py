#!/usr/bin/env python3
"""mbsync (Debian's isync) mirrors an account into Maildirs, and those into a second account: no difference, no second
change when it runs again; then both sides change flags, delete, add messages and folders, and meet again."""
import os
import shutil

import mirror
import shapes
from pliserver import DOMAIN, PASSWORD, Fault, Server, case, expect_ok, main, need_program, run

MESSAGES = int(os.environ.get("MESSAGES") or 200) // 2
FOLDERS = ["INBOX", "Archive/2026", "Entw&APw-rfe", "&ZeVnLIqe-/tief", "with space"]
NEW_NEAR, NEW_FAR = "Gel&APY-scht & mehr".replace(" & ", " &- "), "&BCQENQQyBEAEMAQ7BEw-"
CONFIG = """
IMAPAccount {name}
Host 127.0.0.1
Port {port}
User {name}@{domain}
Pass "{password}"
SSLType {tls}
CertificateFile {root}/keys/default.crt
AuthMechs *

IMAPStore {name}-far
Account {name}

MaildirStore {name}-near
Path {folder}/
Inbox {folder}/INBOX
SubFolders Verbatim

Channel {name}
Far :{name}-far:
Near :{name}-near:
Patterns *
Create Both
Remove Both
Expunge Both
Sync All
SyncState *
CopyArrivalDate yes
"""


class Mirror:
    """One account, and the folder that mbsync keeps like it."""

    def __init__(self, server, name, tls):
        self.server, self.name, self.tls = server, name, tls
        self.folder = os.path.join(server.root, "maildirs", name)
        self.config = os.path.join(server.root, name + ".mbsyncrc")
        os.makedirs(self.folder, exist_ok=True)
        with open(self.config, "w") as out:
            out.write(CONFIG.format(name=name, domain=DOMAIN, password=PASSWORD, root=server.root, folder=self.folder,
                                    tls={"implicit": "IMAPS", "starttls": "STARTTLS", None: "None"}[tls],
                                    port=server.port("imaps" if tls == "implicit" else "imap")))

    def sync(self):
        text = run(["mbsync", "-V", "-c", self.config, self.name], 120).text
        for bad in ("Error", "Warning", "error:", "warning:"):
            if bad in text:
                raise Fault("mbsync says:\n" + text[-3000:])

    def folders(self):
        """Names of the mailboxes, which must be the same on both sides."""
        with self.server.imap(self.name) as imap:
            said = expect_ok(imap.list())
        far = {line.decode().split(' "/" ', 1)[1].strip('"') for line in said if b"\\Noselect" not in line}
        near = {os.path.relpath(place, self.folder) for place, below, _ in os.walk(self.folder) if "cur" in below}
        if far != near:
            raise Fault("mailboxes differ: only IMAP %s, only Maildir %s" % (sorted(far - near), sorted(near - far)))
        return sorted(far)

    def compare(self):
        """Both sides hold the same messages with the same flags."""
        with self.server.imap(self.name) as imap:
            for name in self.folders():
                mirror.same("%s of %s" % (name, self.name), mirror.of_imap(imap, '"%s"' % name),
                            mirror.of_maildir(os.path.join(self.folder, name)))

    def state(self):
        """All that a client can see: UIDs, flags, messages."""
        found = {}
        with self.server.imap(self.name) as imap:
            for name in self.folders():
                expect_ok(imap.select('"%s"' % name, readonly=True))
                found[name] = (imap.response("UIDVALIDITY")[1], imap.response("UIDNEXT")[1],
                               mirror.of_imap(imap, '"%s"' % name))
        return found

    def settle(self):
        """Syncs, compares, and sees that a second run changes nothing on either side."""
        self.sync()
        self.compare()
        before = mirror.files(self.folder), self.state()
        self.sync()
        if (mirror.files(self.folder), self.state()) != before:
            raise Fault("a second run of mbsync changed something")


def fill(server):
    """Messages of all shapes that have a header's end, which mbsync wants, in all folders, with flags."""
    messages = [message for _, message in map(shapes.one, range(MESSAGES * 2))
                if b"\r\n\r\n" in message or message.startswith(b"\r\n")][:MESSAGES]
    smtp = server.smtp("lmtp")
    for message in messages[::2]:
        smtp.sendmail("x@sender.test", ["ann@" + DOMAIN], message)
    smtp.quit()
    server.wait_count("ann", len(messages[::2]))
    with server.imap("ann") as imap:
        for name in FOLDERS[1:]:
            expect_ok(imap.create('"%s"' % name))
        for number, message in enumerate(messages[1::2]):
            flags = " ".join(flag for bit, flag in enumerate(["\\Seen", "\\Answered", "\\Flagged", "\\Draft"])
                             if number >> bit & 1)
            expect_ok(imap.append('"%s"' % FOLDERS[number % len(FOLDERS)], "(%s)" % flags, None, message))


def change_far(server):
    with server.imap("ann") as imap:
        expect_ok(imap.select("INBOX"))
        expect_ok(imap.store("1:5", "+FLAGS.SILENT", "(\\Flagged)"))
        expect_ok(imap.store("2:3", "-FLAGS.SILENT", "(\\Seen)"))
        expect_ok(imap.store("7,9", "+FLAGS", "(\\Deleted)"))
        expect_ok(imap.expunge())
        expect_ok(imap.append("INBOX", "(\\Answered)", None, shapes.one(7001)[1] + b"far\r\n"))
        expect_ok(imap.create('"%s"' % NEW_FAR))
        expect_ok(imap.append('"%s"' % NEW_FAR, None, None, shapes.one(7002)[1] + b"far\r\n"))
        expect_ok(imap.copy("1:3", '"%s"' % NEW_FAR))
        expect_ok(imap._simple_command("MOVE", "4", '"%s"' % FOLDERS[2]))


def change_near(folder):
    """Flags, a deletion, a new message and a new folder, as a mail reader makes them in Maildirs."""
    inbox = os.path.join(folder, "INBOX", "cur")
    old = sorted(os.listdir(inbox))[-6:]
    for name, letters in zip(old, ["FS", "R", "ST", "", "FRS", "T"]):
        os.rename(os.path.join(inbox, name), os.path.join(inbox, name.rsplit(":2,", 1)[0] + ":2," + letters))
    for name in (NEW_NEAR, "INBOX"):
        for kind in ("cur", "new", "tmp"):
            os.makedirs(os.path.join(folder, name, kind), exist_ok=True)
        with open(os.path.join(folder, name, "cur", "1790000000.near.test:2,S"), "wb") as out:
            out.write(shapes.one(8000)[1].replace(b"\r\n", b"\n") + name.encode() + b"\n")


def back(server, ann):
    """The Maildirs, without what mbsync noted in them, into an empty account."""
    carl = Mirror(server, "carl", None)
    shutil.rmtree(carl.folder)
    for path, message in mirror.files(ann.folder).items():
        name = os.path.basename(path)
        place = os.path.join(carl.folder, os.path.dirname(path), name.split(",U=")[0].split(":2,")[0]
                             + ":2," + (name.rsplit(":2,", 1)[1] if ":2," in name else ""))
        for kind in ("cur", "new", "tmp"):
            os.makedirs(os.path.join(carl.folder, os.path.dirname(os.path.dirname(path)), kind), exist_ok=True)
        with open(place, "wb") as out:
            out.write(message)
    with server.imap("ann") as imap:                    # an empty mailbox has no files
        for name in ann.folders():
            for kind in ("cur", "new", "tmp"):
                os.makedirs(os.path.join(carl.folder, name, kind), exist_ok=True)
    carl.settle()
    one, other = ann.state(), carl.state()
    if set(one) != set(other):
        raise Fault("mailboxes %s and %s" % (sorted(one), sorted(other)))
    for name in one:
        mirror.same(name, one[name][2], other[name][2])


def meet(server, ann):
    change_far(server)
    change_near(ann.folder)
    ann.settle()
    with server.imap("ann") as imap:
        names = str(expect_ok(imap.list()))
    if NEW_NEAR not in names or NEW_FAR not in ann.folders():
        raise Fault("a new folder did not cross: %s" % names)


def remove_far(server, ann):
    """A folder that goes on one side goes on the other."""
    with server.imap("ann") as imap:
        expect_ok(imap.select('"%s"' % NEW_FAR))
        expect_ok(imap.store("1:*", "+FLAGS.SILENT", "(\\Deleted)"))
        expect_ok(imap.expunge())
    ann.settle()                                        # mbsync removes empty folders only
    with server.imap("ann") as imap:
        expect_ok(imap.delete('"%s"' % NEW_FAR))
    ann.settle()
    if NEW_FAR in ann.folders():
        raise Fault("%s is still there" % NEW_FAR)


def body():
    need_program("mbsync")
    with Server(["ann", "carl"]) as server:
        case("an account with folders and flags", fill, server)
        ann = Mirror(server, "ann", "implicit")
        case("mbsync over TLS mirrors it", ann.settle)
        case("changes on both sides meet", meet, server, ann)
        ann = Mirror(server, "ann", "starttls")
        case("a removed folder, over STARTTLS", remove_far, server, ann)
        case("the Maildirs make the same account again", back, server, ann)


if __name__ == "__main__":
    main(body, 300)
