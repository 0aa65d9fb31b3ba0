"""Maildirs as mbsync and offlineimap leave them, compared with what IMAP says."""
import collections
import os
import re

from pliserver import Fault, expect_ok

LETTERS = {"S": "\\Seen", "R": "\\Answered", "F": "\\Flagged", "T": "\\Deleted", "D": "\\Draft"}
FLAGS = re.compile(rb"FLAGS \(([^)]*)\)")
TUID = re.compile(rb"^X-TUID: [^\r\n]+\r?\n", re.M)


def of_maildir(folder):
    """Counter of (bytes with LF, flags) of one Maildir."""
    found = collections.Counter()
    for kind in ("cur", "new"):
        for name in os.listdir(os.path.join(folder, kind)):
            letters = name.rsplit(":2,", 1)[1] if ":2," in name else ""
            with open(os.path.join(folder, kind, name), "rb") as data:
                found[TUID.sub(b"", data.read()).replace(b"\r\n", b"\n"),
                      frozenset(LETTERS[x] for x in letters if x in LETTERS)] += 1
    return found


def of_imap(imap, mailbox):
    """The same of one mailbox."""
    found = collections.Counter()
    count = int(expect_ok(imap.select(mailbox, readonly=True))[0])
    for part in expect_ok(imap.fetch("1:*", "(FLAGS BODY.PEEK[])")) if count else []:
        if isinstance(part, tuple):
            flags = {x.decode() for x in FLAGS.search(part[0]).group(1).split()} & set(LETTERS.values())
            found[TUID.sub(b"", part[1]).replace(b"\r\n", b"\n"), frozenset(flags)] += 1
    if sum(found.values()) != count:
        raise Fault("%s: %d messages, %d fetched" % (mailbox, count, sum(found.values())))
    return found


def same(what, one, other):
    """Fault that shows a message which is in one and not in the other."""
    for name, extra in (("only first", one - other), ("only second", other - one)):
        for (message, flags), count in extra.items():
            raise Fault("%s: %d and %d messages; %s has %d of %r with %s" % (
                what, sum(one.values()), sum(other.values()), name, count, message[:300], sorted(flags)))


def files(folder):
    """{path below folder: bytes} of all mail: what a run that changes nothing leaves as it is."""
    found = {}
    for place, _, names in os.walk(folder):
        if os.path.basename(place) in ("cur", "new"):
            for name in names:
                with open(os.path.join(place, name), "rb") as data:
                    found[os.path.relpath(os.path.join(place, name), folder)] = data.read()
    return found
