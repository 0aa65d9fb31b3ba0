"""What the server has promised, and whether mailboxes hold it.

Each message has a marker, which is its subject. Three kinds of promises:

- a message answered 250 is in the INBOX of each recipient exactly once (one that was not answered: at most once), where
  "is" includes one that a client has taken out since;
- what was answered OK to APPEND, COPY, MOVE, EXPUNGE, CREATE or DELETE is so; what was begun and not answered is either
  done or not done, as a whole;
- a UID once seen under a UIDVALIDITY means the same message for ever.

Thread-safe. verify() wants a server at rest, with no client connected.
"""
import collections
import hashlib
import threading

from server import Failure


def make_message(marker, rcpts, size, rng):
    """A message whose body its own header proves."""
    lines = []
    while size > 0:
        line = "%s %x" % (marker, rng.getrandbits(rng.randint(8, 250)))
        lines.append(line)
        size -= len(line) + 2
    body = ("\r\n".join(lines) + "\r\n").encode()
    header = ("From: <sender@elsewhere.test>\r\nTo: %s\r\nSubject: %s\r\nMessage-ID: <%s@elsewhere.test>\r\n"
              "Date: Mon, 02 Mar 2026 10:00:00 +0000\r\nX-Sum: %s\r\n\r\n"
              % (", ".join("<%s>" % one for one in rcpts), marker, marker, hashlib.sha256(body).hexdigest()))
    return header.encode() + body


def check_message(marker, text):
    """None, or what is wrong with the bytes that came back."""
    head, found, body = text.partition(b"\r\n\r\n")
    fields = dict(line.split(b": ", 1) for line in head.split(b"\r\n") if b": " in line)
    if not found or fields.get(b"Subject") != marker.encode():
        return "its header is not the one that was sent: %r" % text[:200]
    if fields.get(b"X-Sum", b"").decode() != hashlib.sha256(body).hexdigest():
        return "its body of %d bytes is damaged" % len(body)
    return None


class Pending:
    """An operation that was begun: what each mailbox held of its markers before, and would hold after."""

    def __init__(self, what, before, after, taken=()):
        self.what = what
        self.before, self.after = before, after  # {(box, marker): count}
        self.taken = set(taken)                  # markers that leave INBOX

    def markers(self):
        return {marker for _, marker in self.before} | {marker for _, marker in self.after} | self.taken


class Account:
    """One person's mailboxes. INBOX is filled by delivery; the others by one client alone."""

    def __init__(self, name):
        self.name = name
        self.held = collections.Counter()  # (box, marker) -> count, not INBOX
        self.boxes = set()                 # that exist for certain
        self.lost_boxes = set()            # deleted for certain
        self.unsure_boxes = set()
        self.sent = {}                     # marker -> answered 250
        self.taken = set()                 # markers that have left INBOX for certain
        self.pending = []

    def quarantined(self):
        return set().union(*(one.markers() for one in self.pending)) if self.pending else set()


class Books:
    def __init__(self):
        self.lock = threading.RLock()
        self.news = threading.Condition(self.lock)
        self.accounts = {}
        self.uids = {}      # (account, box, uidvalidity, uid) -> marker
        self.events = 0     # promises so far
        self.failures = []  # found by clients on the way
        self.counts = collections.Counter()

    def account(self, name):
        with self.lock:
            return self.accounts.setdefault(name, Account(name))

    def fail(self, text):
        with self.lock:
            self.failures.append(text)
            self.news.notify_all()

    def promise(self, kind):
        with self.lock:
            self.events += 1
            self.counts[kind] += 1
            self.news.notify_all()

    def wait_events(self, n, seconds):
        """Until n more promises were made; False when that takes too long."""
        with self.lock:
            goal = self.events + n
            return self.news.wait_for(lambda: self.events >= goal or self.failures, seconds)

    # Mail

    def sending(self, marker, names):
        with self.lock:
            for name in names:
                self.account(name).sent[marker] = False

    def refused(self, marker, names):
        """Nothing of it was taken: the transaction ended before the data."""
        with self.lock:
            for name in names:
                self.account(name).sent.pop(marker, None)

    def accepted(self, marker, names):
        with self.lock:
            for name in names:
                self.account(name).sent[marker] = True
        self.promise("250")

    # Mailboxes

    def begin(self, account, pending):
        with self.lock:
            account.pending.append(pending)
        return pending

    def end(self, account, pending, done):
        """The server has answered OK (done), or NO (not done)."""
        with self.lock:
            account.pending.remove(pending)
            if done:
                self.apply(account, pending)
        if done:
            self.promise(pending.what)

    @staticmethod
    def apply(account, pending):
        for key in set(pending.before) | set(pending.after):
            account.held[key] = pending.after.get(key, 0)
            if account.held[key] == 0:
                del account.held[key]
        account.taken |= pending.taken

    def saw(self, account, box, uidvalidity, uid, marker):
        key = (account, box, uidvalidity, uid)
        with self.lock:
            before = self.uids.setdefault(key, marker)
        if before != marker:
            self.fail("UID reused: %s %s UIDVALIDITY %d UID %d was %s and is %s" % (*key, before, marker))

    # Audit

    def verify(self, read_account):
        """read_account (name) -> {box: [(uid, marker)]}"""
        with self.lock:
            if self.failures:
                raise Failure("; ".join(self.failures[:5]))
            for account in self.accounts.values():
                actual = read_account(account.name)
                problems = self.check(account, actual)
                problems += self.failures
                if problems:
                    raise Failure("%s: %s" % (account.name, "; ".join(problems[:8])
                                              + (" and %d more" % (len(problems) - 8) if len(problems) > 8 else "")))

    def check(self, account, actual):
        problems = []
        counts = collections.Counter()
        inbox = collections.Counter(marker for _, marker in actual.get("INBOX", ()))
        for box, rows in actual.items():
            if box != "INBOX":
                counts.update((box, marker) for _, marker in rows)
        self.check_boxes(account, actual, problems)
        unsure = account.quarantined()
        for pending in account.pending:
            self.check_pending(account, pending, counts, inbox, problems)
        account.pending = []
        for key in set(counts) | set(account.held):
            if key[1] not in unsure and counts[key] != account.held[key]:
                problems.append("%s holds %s %d times, not %d" % (*key, counts[key], account.held[key]))
        for marker in set(inbox) | set(account.sent):
            n = inbox[marker] + (marker in account.taken)
            if marker not in account.sent:
                problems.append("INBOX holds %s, which nobody sent here" % marker)
            elif n > 1 or (n == 0 and account.sent[marker]):
                problems.append("INBOX: %s, %s, is there %d times%s"
                                % (marker, "answered 250" if account.sent[marker] else "not answered", inbox[marker],
                                   ", and was taken out" if marker in account.taken else ""))
        # What has not come now will not come: the queue is empty.
        account.sent = {marker: True for marker in account.sent if inbox[marker] or marker in account.taken}
        return problems

    @staticmethod
    def check_boxes(account, actual, problems):
        problems += ["%s is gone" % box for box in account.boxes - set(actual)]
        problems += ["%s is back" % box for box in account.lost_boxes & set(actual)]
        for box in account.unsure_boxes:
            (account.boxes if box in actual else account.lost_boxes).add(box)
        account.unsure_boxes = set()

    def check_pending(self, account, pending, counts, inbox, problems):
        keys = set(pending.before) | set(pending.after)
        boxes = {box for box, _ in account.held} | {box for box, _ in counts} | {box for box, _ in keys}
        markers = pending.markers()

        def as_said(said, taken):
            want = collections.Counter({key: n for key, n in account.held.items() if key[1] in markers})
            for key in keys:
                want[key] = said.get(key, 0)
            return (all(counts[box, marker] == want[box, marker] for box in boxes for marker in markers)
                    and all(inbox[marker] == (0 if taken else 1) for marker in pending.taken))

        if as_said(pending.after, True):
            self.apply(account, pending)
        elif not as_said(pending.before, False):
            problems.append("%s was neither done nor left undone: before %s, after %s, now %s, INBOX %s"
                            % (pending.what, pending.before, pending.after,
                               {key: n for key, n in counts.items() if key[1] in markers},
                               {marker: inbox[marker] for marker in pending.taken}))
