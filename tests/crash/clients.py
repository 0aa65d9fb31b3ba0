"""Clients that load the server while it is killed, and write into the books what they were promised.

Sender: SMTP, one message after the other to one, two or three recipients. Owner: IMAP, the only one that changes one
person's mailboxes: APPEND, COPY, MOVE, EXPUNGE, CREATE, DELETE, and taking delivered mail out of INBOX. Each is a thread
that begins anew after any failure. Load runs them, and lets them rest at a point where none is in the middle of an
operation. reader() gives what verify() of books.py wants.
"""
import imaplib
import random
import re
import socket
import threading
import time

import books
from server import DOMAIN, PASSWORD, Failure

MOST_TARGETS = 12
TIMEOUT = 20  # a client's patience in s


class Client(threading.Thread):
    def __init__(self, load, number, rng):
        super().__init__(daemon=True)
        self.load, self.number, self.rng = load, number, rng
        self.server, self.books = load.server, load.books
        self.made = 0

    def marker(self):
        self.made += 1
        return "%s-%d-%d" % (self.kind, self.number, self.made)

    def run(self):
        while self.load.may_go(self):
            try:
                self.session()
            except (OSError, EOFError, imaplib.IMAP4.abort):
                self.load.pause()  # nobody listens just now
            except imaplib.IMAP4.error as error:
                if "BYE" not in str(error) and "UNAVAILABLE" not in str(error) and "state" not in str(error):
                    self.books.fail("%s %d: %s" % (self.kind, self.number, error))
                self.load.pause()
            except Exception as error:  # a fault of the test itself must not pass for quiet
                self.books.fail("%s %d: %s: %s" % (self.kind, self.number, type(error).__name__, error))
                return


class Sender(Client):
    kind = "mail"

    def session(self):
        with socket.create_connection(("127.0.0.1", self.server.port(25)), TIMEOUT) as sock:
            self.stream = sock.makefile("rb")
            self.sock = sock
            if self.reply() != 220:
                return
            self.say("EHLO client.elsewhere.test")
            if self.reply() != 250:
                return
            while self.load.going():
                if not self.send_one():
                    return
                self.load.pause(self.rng.random() * self.load.pace)  # so that the queue does not outgrow the round
            self.say("QUIT")

    def say(self, *lines):
        self.sock.sendall("".join(line + "\r\n" for line in lines).encode())

    def reply(self):
        while True:
            line = self.stream.readline()
            if not line.endswith(b"\n"):
                raise EOFError
            if line[3:4] != b"-":
                return int(line[:3])

    def send_one(self):
        marker = self.marker()
        words = self.rng.sample(self.load.targets, self.rng.choice((1, 1, 1, 2, 3)))
        names = set().union(*(self.load.aliases.get(word, (word,)) for word in words))
        if sum(len(self.load.aliases.get(word, (word,))) for word in words) != len(names):
            words = words[:1]  # one who is named twice may get it twice
            names = set(self.load.aliases.get(words[0], words[:1]))
        text = books.make_message(marker, words, self.rng.choice(self.load.sizes), self.rng)
        rcpts = ["%s@%s" % (word, DOMAIN) for word in words]
        self.books.sending(marker, names)
        self.say("MAIL FROM:<sender@elsewhere.test>", *["RCPT TO:<%s>" % rcpt for rcpt in rcpts], "DATA")
        codes = [self.reply() for _ in range(len(rcpts) + 2)]
        taken = {name for word, code in zip(words, codes[1:-1]) if code == 250
                 for name in self.load.aliases.get(word, (word,))}
        self.books.refused(marker, names - taken)
        if codes[-1] != 354:
            self.books.refused(marker, names)
            self.check_refusal(codes)
            return False
        self.sock.sendall(text + b".\r\n")
        code = self.reply()
        if code == 250:
            self.books.accepted(marker, taken)
        else:
            self.check_refusal([code])
        return code == 250

    def check_refusal(self, codes):
        """A crash may cost a deferral and nothing worse."""
        if any(500 <= code < 600 and code != 503 for code in codes) and codes[-1] != 554:
            self.books.fail("refused for good: %s" % codes)


class Mailbox:
    """What UID FETCH said of the selected mailbox."""

    def __init__(self, imap, books_, account, box, readonly=False):
        self.imap, self.name = imap, box
        status, data = imap.select(box, readonly)
        if status != "OK":
            raise imaplib.IMAP4.abort("SELECT %s: %s" % (box, data))
        self.uidvalidity = int(imap.response("UIDVALIDITY")[1][0])
        self.rows = []
        if int(data[0]) == 0:
            return
        status, data = imap.uid("FETCH", "1:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
        if status != "OK":
            raise imaplib.IMAP4.abort("FETCH: %s" % data)
        for part in data:
            if not isinstance(part, tuple):
                continue
            uid = int(re.search(rb"UID (\d+)", part[0])[1])
            marker = part[1].split(b":", 1)[1].strip().decode()
            self.rows.append((uid, marker))
            books_.saw(account, box, self.uidvalidity, uid, marker)


def login(server, account):
    imap = imaplib.IMAP4("127.0.0.1", server.port(143), timeout=TIMEOUT)
    imap.login("%s@%s" % (account, DOMAIN), '"%s"' % PASSWORD if " " not in PASSWORD else PASSWORD)
    return imap


class Owner(Client):
    kind = "own"
    boxes = ("Left", "Right")

    def __init__(self, load, number, rng, account):
        super().__init__(load, number, rng)
        self.account = self.books.account(account)
        self.name = account

    def session(self):
        imap = login(self.server, self.name)
        try:
            for box in self.boxes:
                if box not in self.account.boxes:
                    self.create(imap, box)
            while self.load.going():
                self.rng.choice((self.append, self.append, self.copy, self.move, self.expunge, self.eat, self.eat,
                                 self.folder))(imap)
        finally:
            imap.shutdown()

    def do(self, pending, command):
        """Runs command; the books know of it before and after."""
        pending = self.books.begin(self.account, pending)
        status, data = command()
        if status == "BYE":
            raise imaplib.IMAP4.abort("BYE")
        # NO after a crash may mean that nobody knows: it stays pending.
        if status == "OK":
            self.books.end(self.account, pending, True)
        return status, data

    def some(self, mailbox, most=4):
        """UIDs and markers that no unfinished operation is about."""
        unsure = self.account.quarantined()
        free = [row for row in mailbox.rows if row[1] not in unsure]
        seen = {}
        for uid, marker in self.rng.sample(free, min(len(free), self.rng.randint(1, most))):
            seen.setdefault(marker, uid)
        return [(uid, marker) for marker, uid in seen.items()]

    def held(self, rows, box, change):
        """Counts in box before and after `change` of each row."""
        before = {(box, marker): self.account.held[box, marker] for _, marker in rows}
        return before, {key: n + change for key, n in before.items()}

    def open(self, imap, box):
        return Mailbox(imap, self.books, self.name, box)

    def pick(self):
        return self.rng.choice(self.boxes)

    def append(self, imap, box=None):
        box, marker = box or self.pick(), self.marker()
        text = books.make_message(marker, [self.name], self.rng.choice(self.load.sizes), self.rng)
        status, data = self.do(books.Pending("APPEND", {(box, marker): 0}, {(box, marker): 1}),
                               lambda: imap.append(box, None, None, text))
        found = re.search(rb"APPENDUID (\d+) (\d+)", data[0] or b"") if status == "OK" else None
        if found:
            self.books.saw(self.name, box, int(found[1]), int(found[2]), marker)

    def copy(self, imap):
        box = self.pick()
        to = self.pick()
        rows = self.some(self.open(imap, box))
        if not rows:
            return
        before, after = self.held(rows, to, 1)
        self.do(books.Pending("COPY", before, after), lambda: imap.uid("COPY", ",".join(str(u) for u, _ in rows), to))

    def move(self, imap, box=None):
        box = box or self.pick()
        to = self.boxes[box == self.boxes[0]]
        rows = self.some(self.open(imap, box))
        if not rows:
            return
        before, after = self.held(rows, to, 1)
        if box == "INBOX":
            taken = [marker for _, marker in rows]
        else:
            taken = ()
            for part, whole in zip(self.held(rows, box, -1), (before, after)):
                whole.update(part)
        self.do(books.Pending("MOVE", before, after, taken),
                lambda: imap.uid("MOVE", ",".join(str(u) for u, _ in rows), to))

    def expunge(self, imap, box=None, most=6):
        box = box or self.pick()
        rows = self.some(self.open(imap, box), most)
        if not rows:
            return
        uids = ",".join(str(uid) for uid, _ in rows)
        status, _ = imap.uid("STORE", uids, "+FLAGS.SILENT", "(\\Deleted)")
        if status != "OK":
            raise imaplib.IMAP4.abort("STORE")
        if box == "INBOX":
            pending = books.Pending("EXPUNGE", {}, {}, [marker for _, marker in rows])
        else:
            pending = books.Pending("EXPUNGE", *self.held(rows, box, -1))
        self.do(pending, lambda: imap.uid("EXPUNGE", uids))

    def eat(self, imap):
        """Takes delivered mail out, so that a second delivery of it would show."""
        if self.rng.random() < 0.5:
            self.move(imap, "INBOX")
        else:
            self.expunge(imap, "INBOX", 20)

    def create(self, imap, box):
        if box in self.account.unsure_boxes:
            raise imaplib.IMAP4.abort("not known whether %s is there" % box)
        self.account.unsure_boxes.add(box)
        self.account.lost_boxes.discard(box)
        if imap.create(box)[0] != "OK":
            raise imaplib.IMAP4.abort("CREATE %s" % box)
        self.account.unsure_boxes.discard(box)
        self.account.boxes.add(box)
        self.books.promise("CREATE")

    def folder(self, imap):
        """A mailbox that comes and goes: with one message in it, so that its UIDs count too."""
        box = "Passing"
        if box in self.account.unsure_boxes or any(key[0] == box for one in self.account.pending
                                                   for key in list(one.before) + list(one.after)):
            return
        if box not in self.account.boxes:
            self.create(imap, box)
            self.append(imap, box)
            return
        held = {key: n for key, n in self.account.held.items() if key[0] == box}
        pending = books.Pending("DELETE", held, {key: 0 for key in held})
        self.account.unsure_boxes.add(box)
        self.account.boxes.discard(box)
        if self.do(pending, lambda: imap.delete(box))[0] == "OK":
            self.account.unsure_boxes.discard(box)
            self.account.lost_boxes.add(box)


class Load:
    """All clients; they run between resume() and rest()."""

    def __init__(self, server, books_, targets, aliases, owners, senders, sizes):
        self.server, self.books = server, books_
        self.targets, self.aliases, self.sizes = targets, aliases, sizes
        self.state = threading.Condition()
        self.run, self.over, self.busy = False, False, 0
        self.resting = threading.Event()
        self.people = 0
        self.pace = 0.1  # longest pause between two messages of a sender
        rng = server.rng
        self.clients = [Sender(self, n, random.Random(rng.random())) for n in range(senders)]
        self.clients += [Owner(self, n, random.Random(rng.random()), name) for n, name in enumerate(owners)]
        for client in self.clients:
            client.start()

    def add(self, more):
        for client in more:
            self.clients.append(client)
            client.start()

    def going(self):
        return self.run

    def may_go(self, client):
        """At the beginning of each session: waits while the load rests."""
        with self.state:
            if getattr(client, "active", False):
                client.active = False
                self.busy -= 1
                self.state.notify_all()
            self.state.wait_for(lambda: self.run or self.over)
            if self.over:
                return False
            client.active = True
            self.busy += 1
            return True

    def look(self, name):
        """Sees, and remembers, the UIDs of one INBOX; it need not succeed."""
        try:
            imap = login(self.server, name)
            try:
                Mailbox(imap, self.books, name, "INBOX", readonly=True)
            finally:
                imap.shutdown()
        except (OSError, EOFError, imaplib.IMAP4.error):
            return

    def pause(self, seconds=0.05):
        """Before a new attempt: not in a hurry, but at once when the load is to rest."""
        self.resting.wait(seconds)

    def new_person(self):
        """One more account, which the next message to it makes mailboxes for; it must outlive whatever comes."""
        self.people += 1
        name = "new%d" % self.people
        self.server.call("account", "add", "%s@%s" % (name, DOMAIN), "--password-stdin", text=PASSWORD + "\n")
        self.books.account(name)
        self.targets = self.targets[-MOST_TARGETS:] + [name]

    def resume(self):
        self.pace = self.server.rng.choice((0.05, 0.2, 0.5))
        with self.state:
            self.resting.clear()
            self.run = True
            self.state.notify_all()

    def rest(self):
        with self.state:
            self.run = False
            self.resting.set()
            if not self.state.wait_for(lambda: self.busy == 0, 90):
                raise Failure("%d clients hang" % self.busy)

    def end(self):
        with self.state:
            self.over = True
            self.run = False
            self.resting.set()
            self.state.notify_all()


def whole_bodies(imap, box, found):
    """Each message as it is served must be the one that was sent."""
    status, data = imap.uid("FETCH", "1:*", "(BODY.PEEK[])")
    if status != "OK":
        raise Failure("%s: bodies cannot be read: %s" % (box, data))
    texts = [part[1] for part in data if isinstance(part, tuple)]
    if len(texts) != len(found):
        raise Failure("%s: %d bodies of %d messages" % (box, len(texts), len(found)))
    for (uid, marker), text in zip(found, texts):
        wrong = books.check_message(marker, text)
        if wrong:
            raise Failure("%s UID %d %s: %s" % (box, uid, marker, wrong))


def reader(server, books_, keep):
    """keep: delivered messages that may stay in an INBOX; more are taken out once they were checked."""
    def read_account(name):
        try:
            return read_boxes(name)
        except (OSError, EOFError, imaplib.IMAP4.error) as error:
            raise Failure("%s cannot be read: %s" % (name, error)) from error

    def read_boxes(name):
        imap = login(server, name)
        boxes = {}
        for line in imap.list()[1]:
            box = re.search(rb'"([^"]*)"$|(\S+)$', line)
            box = (box[1] or box[2]).decode()
            mailbox = Mailbox(imap, books_, name, box, readonly=True)
            boxes[box] = mailbox.rows
            if mailbox.rows:
                whole_bodies(imap, box, mailbox.rows)
        imap.logout()
        return boxes

    def trim(name):
        account = books_.account(name)
        imap = login(server, name)
        mailbox = Mailbox(imap, books_, name, "INBOX")
        if len(mailbox.rows) > keep:
            imap.uid("STORE", "1:*", "+FLAGS.SILENT", "(\\Deleted)")
            pending = books_.begin(account, books.Pending("EXPUNGE", {}, {}, [marker for _, marker in mailbox.rows]))
            if imap.uid("EXPUNGE", "1:*")[0] != "OK":
                raise Failure("EXPUNGE of all fails")
            books_.end(account, pending, True)
        imap.logout()
    read_account.trim = trim
    return read_account
