#!/usr/bin/env python3
"""What Thunderbird and Roundcube say to a server, in the order in which they say it, and what they must hear: set-up,
folder list, first sync, a message opened, flags, drafts, moves, deletion, IDLE while mail comes in."""
import base64
import re

import shapes
from pliserver import DOMAIN, PASSWORD, Fault, Server, case, main

HEADERS = ("From To Cc Bcc Subject Date Message-ID Priority X-Priority References Newsgroups In-Reply-To Content-Type "
           "Reply-To")
ROUNDCUBE = ("DATE FROM TO SUBJECT CONTENT-TYPE CC REPLY-TO LIST-POST DISPOSITION-NOTIFICATION-TO X-PRIORITY "
             "RETURN-PATH IN-REPLY-TO REFERENCES MESSAGE-ID")
MESSAGES = 12


class Client:
    """Sends lines as they are and gives back what is said, literals included."""

    def __init__(self, server, tls=None):
        self.imap = server.imap(None, tls)
        self.number = 0

    def __enter__(self):
        return self

    def __exit__(self, *why):
        self.imap.shutdown()

    def line(self):
        """One response with its literals in place."""
        text = self.imap.readline()
        while text.endswith(b"}\r\n"):
            text += self.imap.read(int(re.search(rb"\{(\d+)\}\r\n\Z", text).group(1)))
            text += self.imap.readline()
        if not text:
            raise Fault("the connection is closed")
        return text

    def send(self, command, literal=None):
        self.number += 1
        tag = b"%d" % self.number
        self.imap.send(tag + b" " + command.encode() + b"\r\n" + (literal + b"\r\n" if literal is not None else b""))
        return tag

    def until_tagged(self, tag):
        said = []
        while True:
            line = self.line()
            if line.startswith(tag + b" "):
                return line[len(tag) + 1:], said
            said.append(line)

    def __call__(self, command, literal=None, want="OK"):
        """Untagged responses of a command that must be answered with `want`."""
        status, said = self.until_tagged(self.send(command, literal))
        if not status.startswith(want.encode()):
            raise Fault("%s: %r, wanted %s" % (command, status, want))
        self.status = status.decode()
        return said

    def has(self, said, pattern, times=1):
        """The match of a response; Fault unless so many match (None: at least one)."""
        found = [match for match in (re.match(pattern, line, re.I | re.S) for line in said) if match]
        if not found or (times and len(found) != times):
            raise Fault("%d responses like %r, %s wanted, in %r" % (len(found), pattern, times, b"".join(said)[:3000]))
        return found[0]


def numbers(said, pattern):
    return [int(match.group(1)) for match in (re.match(pattern, line, re.I) for line in said) if match]


def deliver(server, first, count):
    with server.smtp("lmtp") as lmtp:
        for number in range(first, first + count):
            lmtp.sendmail("x@sender.test", ["ann@" + DOMAIN], shapes.one(number * len(shapes.SHAPES))[1])


def sign_in(client, command):
    said = client("CAPABILITY")
    client.has(said, rb"\* CAPABILITY .*\bIMAP4rev1\b.*\r\n")
    client(command)
    client.has(client("CAPABILITY"), rb"\* CAPABILITY (?=.*\bIDLE\b)(?=.*\bNAMESPACE\b)(?=.*\bUIDPLUS\b)(?=.*\bMOVE\b)"
               rb"(?=.*\bUNSELECT\b)(?=.*\bSPECIAL-USE\b)(?=.*\bID\b)")


def thunderbird(server):
    with Client(server, "starttls") as t:
        sign_in(t, "authenticate PLAIN " + base64.b64encode(
            ("\0ann@%s\0%s" % (DOMAIN, PASSWORD)).encode()).decode())
        t.has(t('ID ("name" "Thunderbird" "version" "115.3.1")'), rb"\* ID (\(|NIL)")
        t.has(t("namespace"), rb'\* NAMESPACE \(\("" "/"\)\) NIL NIL\r\n')
        t("enable CONDSTORE")
        said = t('list (subscribed) "" "*" return (special-use)')
        said = t('list "" "*" return (special-use)')
        t.has(said, rb'\* LIST \([^)]*\) "/" "?INBOX"?\r\n')
        t.has(said, rb'\* LIST \([^)]*\\Sent[^)]*\) "/" ')
        t.has(said, rb'\* LIST \([^)]*\\Trash[^)]*\) "/" ')
        t('lsub "" "*"')
        said = t('select "INBOX"')
        t.has(said, rb"\* %d EXISTS\r\n" % MESSAGES)
        t.has(said, rb"\* FLAGS \([^)]*\\Seen")
        t.has(said, rb"\* OK \[PERMANENTFLAGS \([^)]*\\\*\)\]")
        t.has(said, rb"\* OK \[UIDVALIDITY [1-9]\d*\]")
        uidnext = int(t.has(said, rb"\* OK \[UIDNEXT (\d+)\]").group(1))
        said = t("UID fetch 1:* (FLAGS)")
        uids = numbers(said, rb"\* \d+ FETCH \(.*UID (\d+)")
        if len(uids) != MESSAGES or sorted(uids) != uids or uids[-1] != uidnext - 1:
            raise Fault("UIDs %s, UIDNEXT %d" % (uids, uidnext))
        said = t("UID fetch 1:%d (UID RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS (%s)])" % (uids[-1], HEADERS))
        t.has(said, rb"\* \d+ FETCH \((?=.*UID \d+)(?=.*RFC822\.SIZE \d+)(?=.*FLAGS \()(?=.*BODY\[HEADER\.FIELDS \()",
              MESSAGES)
        t.has(said, rb".*\r\nSubject: .*\r\n\r\n", MESSAGES)
        whole = t.has(t("UID fetch %d (UID RFC822.SIZE BODY.PEEK[])" % uids[3]),
                      rb"\* 4 FETCH \((?=.*UID %d)(?=.*RFC822\.SIZE (\d+))(?=.*BODY\[\] \{(\d+)\}\r\n)" % uids[3])
        if whole.group(1) != whole.group(2):
            raise Fault("RFC822.SIZE %s, literal %s" % whole.groups())
        t.has(t("uid store %d +Flags (\\Seen)" % uids[3]), rb"\* 4 FETCH \((?=.*FLAGS \([^)]*\\Seen)")
        t.has(t("uid store %d +Flags ($label1 NonJunk)" % uids[3]), rb"\* 4 FETCH \(.*\$label1")
        t.has(t('STATUS "Sent" (UIDNEXT MESSAGES UNSEEN RECENT)'), rb'\* STATUS "?Sent"? \(.*MESSAGES 0')
        idle(server, t, MESSAGES)
        said = t("UID fetch %d:* (FLAGS)" % uidnext)
        t.has(said, rb"\* %d FETCH \(.*UID %d" % (MESSAGES + 1, uidnext))
        t.has(t("uid copy %d:%d \"Trash\"" % (uids[0], uids[1])) + [t.status.encode()],
              rb"OK \[COPYUID \d+ %d[:,]%d \d+[:,]\d+\]" % (uids[0], uids[1]))
        t("uid store %d:%d +FLAGS (\\Deleted \\Seen)" % (uids[0], uids[1]))
        gone = numbers(t("expunge"), rb"\* (\d+) EXPUNGE")
        if gone not in ([1, 1], [2, 1]):
            raise Fault("EXPUNGE of 1 and 2 says %s" % gone)
        said = t("uid move %d \"Trash\"" % uids[2])
        t.has(said, rb"\* 1 EXPUNGE\r\n")
        t.has(said, rb"\* OK \[COPYUID \d+ %d \d+\]" % uids[2])
        draft(t)
        t.has(t('select "Trash"'), rb"\* 3 EXISTS\r\n")
        t("UID SEARCH UNDELETED ALL")
        t("close")
        t.has(t("logout"), rb"\* BYE")


def idle(server, t, exists):
    """Mail that comes in is told while the client is in IDLE; DONE ends it."""
    tag = t.send("IDLE")
    if not t.line().startswith(b"+"):
        raise Fault("IDLE is not continued")
    deliver(server, 50, 1)
    line = t.line()
    while re.match(rb"\* \d+ RECENT|\* OK", line, re.I):
        line = t.line()
    if line != b"* %d EXISTS\r\n" % (exists + 1):
        raise Fault("IDLE told %r, wanted %d EXISTS" % (line, exists + 1))
    t.imap.send(b"DONE\r\n")
    status, _ = t.until_tagged(tag)
    if not status.startswith(b"OK"):
        raise Fault("IDLE ended with %r" % status)


def draft(t):
    """A draft is appended, found by its UID, replaced and removed."""
    message = shapes.one(1)[1]
    t('append "Drafts" (\\Seen \\Draft) {%d+}' % len(message), message)
    uid = re.match(r"OK \[APPENDUID \d+ (\d+)\]", t.status)
    if not uid:
        raise Fault("APPEND says %s" % t.status)
    t.has(t('select "Drafts"'), rb"\* 1 EXISTS\r\n")
    t.has(t("UID SEARCH HEADER Message-ID " + re.search(rb"Message-ID: <([^>]+)>", message).group(1).decode()),
          rb"\* SEARCH %s\r\n" % uid.group(1).encode())
    got = t.has(t("UID fetch %s (UID FLAGS BODY.PEEK[])" % uid.group(1)), rb"\* 1 FETCH \(.*\{%d\}\r\n" % len(message))
    if message not in got.string:
        raise Fault("the draft is not what was appended")
    t("uid store %s +FLAGS (\\Deleted)" % uid.group(1))
    t.has(t("uid expunge " + uid.group(1)), rb"\* 1 EXPUNGE\r\n")


def roundcube(server):
    """A session for each click, as a web client has it."""
    with Client(server) as r:
        sign_in(r, 'LOGIN "bob@%s" "%s"' % (DOMAIN, PASSWORD))
        r('ID ("name" "Roundcube" "version" "1.6.5" "php" "8.2.7" "os" "Linux")')
        r("NAMESPACE")
        for name in ("Drafts", "Sent", "Junk", "Trash", "Projekt/&ANw-bersicht"):
            r.until_tagged(r.send('CREATE "%s"' % name))
            r('SUBSCRIBE "%s"' % name)
        said = r('LIST (SUBSCRIBED) "" "*" RETURN (SPECIAL-USE)')
        r.has(said, rb'\* LIST \([^)]*\\Subscribed[^)]*\) "/" "?Projekt/&ANw-bersicht"?\r\n')
        r.has(r('LSUB "" "*"'), rb'\* LSUB \([^)]*\) "/" "?Projekt/&ANw-bersicht"?\r\n')
        r('RENAME "Projekt/&ANw-bersicht" "Projekt/Alt"')
        r('UNSUBSCRIBE "Projekt/&ANw-bersicht"')
        r('SUBSCRIBE "Projekt/Alt"')
        r.has(r('LIST "" "Projekt/%"'), rb'\* LIST \([^)]*\) "/" "?Projekt/Alt"?\r\n')
        for number in range(5):
            message = shapes.one(3009 + number * len(shapes.SHAPES))[1]
            r("APPEND \"Projekt/Alt\" (\\Seen) {%d+}" % len(message), message)
        r("LOGOUT")
    with Client(server, "implicit") as r:
        r('LOGIN "bob@%s" "%s"' % (DOMAIN, PASSWORD))
        r.has(r('STATUS "Projekt/Alt" (MESSAGES UNSEEN UIDNEXT)'),
              rb'\* STATUS "?Projekt/Alt"? \((?=.*MESSAGES 5)(?=.*UNSEEN 0)(?=.*UIDNEXT 6)')
        r.has(r('SELECT "Projekt/Alt"'), rb"\* 5 EXISTS\r\n")
        r.has(r("UID SEARCH ALL UNDELETED"), rb"\* SEARCH 1 2 3 4 5\r\n")
        said = r("UID FETCH 1,2,3,4,5 (UID RFC822.SIZE FLAGS INTERNALDATE BODYSTRUCTURE BODY.PEEK[HEADER.FIELDS (%s)])"
                 % ROUNDCUBE)
        r.has(said, rb'\* \d FETCH \((?=.*UID \d)(?=.*INTERNALDATE "[^"]{26}")(?=.*BODYSTRUCTURE \()'
              rb"(?=.*BODY\[HEADER\.FIELDS )", 5)
        r.has(r("UID FETCH 2 (UID BODYSTRUCTURE)"), rb'\* 2 FETCH \(.*BODYSTRUCTURE \("TEXT" "PLAIN"')
        body = r.has(r("UID FETCH 2 (BODY.PEEK[1])"), rb"\* 2 FETCH \(.*BODY\[1\] \{\d+\}\r\n(.*)\)\r\n\Z").group(1)
        if shapes.one(3009 + len(shapes.SHAPES))[1].split(b"\r\n\r\n", 1)[1] not in body:
            raise Fault("BODY[1] is not the text: %r" % body[:200])
        r.has(r("UID FETCH 2 (BODY.PEEK[HEADER])"), rb"\* 2 FETCH \(.*BODY\[HEADER\] \{\d+\}\r\n.*Subject: ")
        r("UID STORE 1:2 +FLAGS.SILENT (\\Flagged)")
        r.has(r("UID SEARCH FLAGGED"), rb"\* SEARCH 1 2\r\n")
        r.has(r("UID SEARCH UNSEEN"), rb"\* SEARCH\r\n")
        word = "Gr\u00fc\u00dfe"
        r.has(r('UID SEARCH CHARSET UTF-8 OR HEADER SUBJECT {%d+}\r\n%s FROM "ann"' % (len(word.encode()), word)),
              rb"\* SEARCH 1 2 3 4 5\r\n")
        r("UID MOVE 5 Trash")
        r("UID STORE 4 +FLAGS.SILENT (\\Deleted)")
        if r("UID EXPUNGE 4:5").count(b"* 4 EXPUNGE\r\n") != 1:
            raise Fault("UID EXPUNGE does not say 4 EXPUNGE")
        r("UNSELECT")
        r("SELECT nothing-here", want="NO")
        r.has(r('LIST "" "*" RETURN (STATUS (MESSAGES))'), rb'\* STATUS "?Projekt/Alt"? \(MESSAGES 3\)')
        r('DELETE "Projekt/Alt"')
        r('SELECT "Projekt/Alt"', want="NO")
        r.has(r("LOGOUT"), rb"\* BYE")


def body():
    with Server(["ann", "bob"]) as server:
        deliver(server, 1, MESSAGES)
        server.wait_count("ann", MESSAGES)
        case("Thunderbird", thunderbird, server)
        case("Roundcube", roundcube, server)


if __name__ == "__main__":
    main(body, 120)
