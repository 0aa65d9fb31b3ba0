#!/usr/bin/env python3
"""The shipped filters in a whole server, behind its walls: greylisting over several rooms and a restart, block lists in a
real NSD, messages scanned by a real clamd with a signature database of the test's own; what is refused, deferred and filed,
and that `pli explain` says by whom and by which setting."""
import email.message
import hashlib
import os
import shutil
import signal
import smtplib
import socket
import subprocess
import tempfile

from nameserver import NameServer, free_port, program
from pliserver import Fault, Server, case, die_with_parent, main, run, until

# In two pieces, so that no scanner finds it here.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
SIGNATURE = "Pli.Test.EICAR"


def client(server, source=None):
    """An SMTP client at mx that comes from another address of this machine."""
    one = smtplib.SMTP("127.0.0.1", server.port("mx"), "client.test", timeout=60,
                       source_address=(source, 0) if source else None)
    one.ehlo()
    return one


def reply(server, sender, rcpt="ann@example.test", source=None):
    """(code, text) to RCPT."""
    with client(server, source) as smtp:
        smtp.mail(sender)
        code, text = smtp.rcpt(rcpt)
        return code, text.decode()


def expect(got, code, *words):
    if got[0] != code or not all(word in got[1] for word in words):
        raise Fault("answered %r instead of %d %r" % (got, code, words))


def explained(server, what, *words):
    """`pli explain` has a line with all words."""
    def look():
        lines = server.cli("explain", what, check=False).text.splitlines()
        return any(all(word in line for word in words) for line in lines)
    try:
        until("explained", look, 10)
    except Fault:
        raise Fault("%s is not explained by %r:\n%s" % (what, words, server.cli("explain", what, check=False).text))


def letter(subject, attachment=None):
    message = email.message.EmailMessage()
    message["From"], message["To"], message["Subject"] = "s@example.org", "ann@example.test", subject
    message.set_content("Hello.\n")
    if attachment is not None:
        message.add_attachment(attachment, maintype="application", subtype="octet-stream", filename="file.com")
    return message.as_bytes(policy=message.policy.clone(linesep="\r\n"))


def send(server, sender, message, listener=None):
    """(code, text) to the end of data; (250, …) when all went well."""
    try:
        with (server.smtp(listener, login="ann") if listener else client(server)) as smtp:
            smtp.sendmail(sender, ["ann@example.test"], message)
    except smtplib.SMTPResponseException as error:
        return error.smtp_code, error.smtp_error.decode()
    return 250, ""


def reload(server, settings):
    server.write("20-test.conf", settings)
    server.reload()


def subjects(server, mailbox):
    with server.imap("ann") as imap:
        if imap.select('"%s"' % mailbox, readonly=True)[0] != "OK":
            return []
        rows = imap.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT X-PLI-QUARANTINE)])")[1]
        return [row[1].decode() for row in rows if isinstance(row, tuple)]


# Greylisting

GREYLIST = "[server]\nsmtp-rooms = 2\n[filter-greylist]\nwait = %s\n"


def greylist_waits(server):
    for _ in range(6):                                   # over both rooms
        expect(reply(server, "s@example.org"), 451, "4.7.1", "Greylisted, try again in ")
    explained(server, "s@example.org", "filter-greylist", "deferred", "Greylisted", "(wait)")


def greylist_passes(server):
    reload(server, GREYLIST % "3s")
    until("it may come back", lambda: reply(server, "s@example.org")[0] == 250, 20)
    expect(reply(server, "other@example.org"), 451)
    expect(send(server, "s@example.org", letter("came back")), 250)
    server.wait_count("ann", 1)
    explained(server, "s@example.org", "greylist.result=known")


def greylist_signed_in(server):
    expect(send(server, "ann@example.test", letter("my own"), "submission"), 250)
    server.wait_count("ann", 2)


def seconds_left(server, sender):
    code, text = reply(server, sender)
    if code != 451:
        raise Fault("answered %d %s" % (code, text))
    return int(text.rsplit(" ", 2)[1])


def greylist_restart(server):
    reload(server, GREYLIST % "1h")
    until("its time runs", lambda: seconds_left(server, "t@example.org") <= 3598)
    server.stop()
    server.start()
    expect(reply(server, "s@example.org"), 250)          # known
    left = seconds_left(server, "t@example.org")
    if left > 3598:
        raise Fault("its time began anew: %d" % left)


def greylist_admin_killed(server):
    """The room that keeps the state dies: what was written a second ago is there again."""
    server.need_rooms()
    expect(reply(server, "u@example.org"), 451)
    until("written", lambda: count_rows(server, "u@example.org") == 1, 10)
    admin = next(room for room in server.status()["rooms"] if room["room"].startswith("admin"))
    os.kill(admin["pid"], signal.SIGKILL)
    until("a new room admin", lambda: any(room["room"].startswith("admin") and room["ready"] and
                                          room["pid"] != admin["pid"] for room in server.status()["rooms"]))
    expect(reply(server, "s@example.org"), 250)


def count_rows(server, sender):
    import sqlite3
    path = os.path.join(server.root, "data", "state-sqlite", "state.db")
    db = sqlite3.connect("file:%s?mode=ro" % path, uri=True)
    try:
        return db.execute("SELECT count(*) FROM entry WHERE key LIKE ?", ("%" + sender,)).fetchone()[0]
    except sqlite3.OperationalError:
        return 0
    finally:
        db.close()


def greylist():
    with Server(accounts=["ann"], settings=GREYLIST % "1h") as server:
        case("greylist: a stranger is asked to come back, whichever room it meets", greylist_waits, server)
        case("greylist: it is let in when it comes back, and known from then on", greylist_passes, server)
        case("greylist: who is signed in is not asked", greylist_signed_in, server)
        case("greylist: what is known survives a restart", greylist_restart, server)
        case("greylist: and the death of the room that keeps it", greylist_admin_killed, server)


# Block lists

ZONES = {"zen.test": "2.0.0.127 A 127.0.0.2\n2.0.0.127 TXT \"see http://zen.test/127.0.0.2\"\n"
                     "4.0.0.127 A 127.0.0.10\n",
         "more.test": "2.0.0.127 A 127.0.0.4\n3.0.0.127 A 127.0.0.4\n", "sold.test": "* A 198.51.100.1\n",
         "rhs.test": "spam.example A 127.0.0.2\n"}


def dnsbl_conf(names, text):
    return "[dns-unbound]\nservers = 127.0.0.1@%d\ntimeout = 2s\n[filter-dnsbl]\ncache = 0s\n%s" % (names.port, text)


def dnsbl_reject(server):
    expect(reply(server, "a1@example.org", source="127.0.0.2"), 550, "5.7.1", "127.0.0.2 is listed by zen.test",
           "see http://zen.test/127.0.0.2")
    expect(reply(server, "a2@example.org", source="127.0.0.1"), 250)
    expect(reply(server, "a3@example.org", "postmaster@example.test", source="127.0.0.2"), 250)
    expect(reply(server, "a4@spam.example", source="127.0.0.1"), 550, "spam.example is listed by rhs.test")
    explained(server, "a1@example.org", "filter-dnsbl", "refused", "zen.test", "(reject)")


def dnsbl_weights(server, names):
    reload(server, dnsbl_conf(names, "lists = zen.test:127.0.0.2-127.0.0.9=2 more.test=1 sold.test=9\nreject = 3\n"))
    expect(reply(server, "b1@example.org", source="127.0.0.2"), 550, "zen.test")
    expect(reply(server, "b2@example.org", source="127.0.0.3"), 250)
    expect(reply(server, "b3@example.org", source="127.0.0.4"), 250)
    if "dnsbl.fault" not in server.log():
        raise Fault("a list that answers everything is not told of")


def dnsbl_mark(server, names):
    reload(server, dnsbl_conf(names, "lists = zen.test\nreject = 0\nquarantine = 1\nmark = 1\n"))
    with client(server, "127.0.0.2") as smtp:
        smtp.sendmail("c1@example.org", ["ann@example.test"], letter("listed"))
    until("the letter in Junk", lambda: any("listed" in one for one in subjects(server, "Junk")))
    explained(server, "c1@example.org", "filter-dnsbl", "quarantined", "(quarantine)")


def dnsbl_down(server, names):
    """One list that does not answer says nothing; when all are silent on-failure says what happens."""
    reload(server, dnsbl_conf(names, "lists = zen.test more.test dead.test\n"))
    expect(reply(server, "d1@example.org", source="127.0.0.2"), 550)
    expect(reply(server, "d2@example.org", source="127.0.0.1"), 250)
    reload(server, dnsbl_conf(names, "lists = dead.test\n"))
    expect(reply(server, "d3@example.org"), 451)
    explained(server, "d3@example.org", "filter-dnsbl", "deferred", "no list answered")
    reload(server, dnsbl_conf(names, "lists = dead.test\non-failure = skip\n"))
    expect(reply(server, "d4@example.org"), 250)


def dnsbl():
    with NameServer(ZONES) as names:
        conf = dnsbl_conf(names, "lists = zen.test\nsender-lists = rhs.test\n")
        with Server(accounts=["ann"], settings=conf) as server:
            server.cli("alias", "add", "postmaster@example.test", "ann@example.test", check=False)
            case("dnsbl: who is listed is refused with the list's own words; postmaster takes all", dnsbl_reject, server)
            case("dnsbl: weights by answer are added up; a list that was sold does not count", dnsbl_weights, server, names)
            case("dnsbl: or the message goes to Junk", dnsbl_mark, server, names)
            case("dnsbl: lists that do not answer", dnsbl_down, server, names)


# Scanning

CLAMD = """LocalSocket {folder}/clamd.sock
LocalSocketMode 666
TCPSocket {port}
TCPAddr 127.0.0.1
DatabaseDirectory {folder}/db
PidFile {folder}/clamd.pid
LogFile {folder}/clamd.log
TemporaryDirectory {folder}
Foreground yes
StreamMaxLength 1M
SelfCheck 0
"""


class Clamd:
    """A real clamd, which knows one signature."""

    def __init__(self):
        self.program = program("clamd")
        self.folder = tempfile.mkdtemp(prefix="pli-clamd-")
        os.chmod(self.folder, 0o755)
        self.port, self.process = free_port(), None
        os.mkdir(os.path.join(self.folder, "db"))
        with open(os.path.join(self.folder, "db", "test.hdb"), "w") as out:
            out.write("%s:%d:%s\n" % (hashlib.md5(EICAR).hexdigest(), len(EICAR), SIGNATURE))
        with open(os.path.join(self.folder, "clamd.conf"), "w") as out:
            out.write(CLAMD.format(folder=self.folder, port=self.port))

    def start(self):
        self.process = subprocess.Popen([self.program, "--config-file", os.path.join(self.folder, "clamd.conf")],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, start_new_session=True,
                                        preexec_fn=die_with_parent)
        until("clamd answers", self.answers, 60)

    def answers(self):
        if self.process.poll() is not None:
            with open(os.path.join(self.folder, "clamd.log"), errors="replace") as log:
                raise Fault("clamd ended: " + log.read()[-2000:])
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as one:
                one.sendall(b"zPING\0")
                return one.recv(10).startswith(b"PONG")
        except OSError:
            return False

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            self.process.wait(60)

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *unused):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def clamav_conf(clamd, text, path=False):
    where = os.path.join(clamd.folder, "clamd.sock") if path else "127.0.0.1:%d" % clamd.port
    return "[filter-clamav]\naddress = %s\n%s" % (where, text)


def clamav_reject(server):
    expect(send(server, "a1@example.org", letter("a1 clean", b"harmless")), 250)
    expect(send(server, "a2@example.org", letter("a2 infected", EICAR)), 550, "5.7.1", SIGNATURE)
    explained(server, "a1@example.org", "clamav.result=clean")
    explained(server, "a2@example.org", "filter-clamav", "refused", SIGNATURE, "(infected)")
    until("the clean one", lambda: any("a1 clean" in one for one in subjects(server, "INBOX")))


def clamav_large(server):
    """More than a chunk, and more than clamd takes."""
    expect(send(server, "a3@example.org", letter("a3 large", os.urandom(300000))), 250)
    expect(send(server, "a4@example.org", letter("a4 larger", bytes(100) * 20000)), 250)
    explained(server, "a4@example.org", "clamav.result=too-big")


def clamav_path(server, clamd):
    server.write("20-test.conf", clamav_conf(clamd, "", path=True))
    server.stop()                                        # the walls of the room out were raised without paths
    server.start()
    expect(send(server, "b1@example.org", letter("b1", EICAR)), 550, SIGNATURE)


def clamav_quarantine(server, clamd):
    reload(server, clamav_conf(clamd, "infected = quarantine\n"))
    expect(send(server, "c1@example.org", letter("c1 infected", EICAR)), 250)
    found = until("the letter in Junk", lambda: [one for one in subjects(server, "Junk") if "c1" in one])
    if "[infected] c1 infected" not in found[0] or SIGNATURE not in found[0]:
        raise Fault("in Junk it says %r" % found)
    if any("c1" in one for one in subjects(server, "INBOX")):
        raise Fault("it is in INBOX, too")
    explained(server, "c1@example.org", "filter-clamav", "quarantined", SIGNATURE, "(infected)")
    expect(send(server, "ann@example.test", letter("c2", EICAR), "submission"), 550, SIGNATURE)


def clamav_slow(server, clamd):
    reload(server, clamav_conf(clamd, "deadline = 1s\n"))
    clamd.process.send_signal(signal.SIGSTOP)
    try:
        expect(send(server, "d1@example.org", letter("d1", EICAR)), 451)
    finally:
        clamd.process.send_signal(signal.SIGCONT)
    explained(server, "d1@example.org", "filter-clamav", "deferred")
    reload(server, clamav_conf(clamd, ""))
    expect(send(server, "d1@example.org", letter("d1", EICAR)), 550)


def clamav_down(server, clamd):
    clamd.stop()
    expect(send(server, "e1@example.org", letter("e1")), 451)
    explained(server, "e1@example.org", "filter-clamav", "deferred")
    reload(server, clamav_conf(clamd, "on-failure = skip\n"))
    expect(send(server, "e2@example.org", letter("e2 unscanned")), 250)
    until("the unscanned one", lambda: any("e2" in one for one in subjects(server, "INBOX")))
    reload(server, clamav_conf(clamd, ""))
    clamd.start()
    expect(send(server, "e3@example.org", letter("e3", EICAR)), 550)


def clamav_not_named(server, clamd):
    """Nothing but what conf.d names is connected to, even though it answers."""
    reload(server, clamav_conf(clamd, "").replace("127.0.0.1:%d" % clamd.port, "127.0.0.1:%d" % server.port("imap")))
    expect(send(server, "f1@example.org", letter("f1")), 451)


def clamav():
    with Clamd() as clamd:
        with Server(accounts=["ann"], settings=clamav_conf(clamd, "")) as server:
            case("clamav: clean mail passes, infected mail is refused by its signature", clamav_reject, server)
            case("clamav: large messages, and too large ones", clamav_large, server)
            case("clamav: over a socket in the file system", clamav_path, server, clamd)
            case("clamav: quarantine with a notice; what we submit is refused", clamav_quarantine, server, clamd)
            case("clamav: a scanner that hangs", clamav_slow, server, clamd)
            case("clamav: a scanner that is down, and comes back", clamav_down, server, clamd)
            case("clamav: a server that is no scanner", clamav_not_named, server, clamd)


def body():
    case("greylisting", greylist)
    case("block lists", dnsbl)
    case("scanning", clamav)


if __name__ == "__main__":
    main(body, 400)
