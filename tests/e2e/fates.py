#!/usr/bin/env python3
"""What can become of a message, one of each, in a whole server: `pli explain` tells each fate by one line that names what
decided, a plugin and its setting or a script and its line; and tells the same when it is asked by the message's id, by its
Message-ID with brackets and without, and by an address. The name server and the scanner are real ones. Prints TAP."""
import base64
import os
import re
import shutil
import tempfile

from filters import EICAR, SIGNATURE, Clamd, client
from nameserver import NameServer
from plugins import compiler
from pliserver import DOMAIN, Fault, Server, TOP, case, main, run, until
from remotehost import Remote

ANN = "ann@" + DOMAIN
LINE = re.compile(r"\S+Z \S+ [a-z]+ by \S+( (from|to)=<[^>]*>| peer=\S+| message-id=\S+)*(: .+)?$")
BASE = """[proto-smtp]
size-max = 64KiB
hops-max = 5
[queue-log]
retry-first = 200ms
retry-max = 1s
[route default]
relay = 127.0.0.1:%d
tls = none
"""
REMOTE = {"RCPT TO:<later@": ["451 4.7.1 come back in a while"] * 2 + ["250 2.1.5 ok"],
          "RCPT TO:<never": ["550 5.1.1 no such user over there"], "RCPT TO:<wait@": ["452 4.2.2 mailbox full"]}
RULES = """
pli.on ("message", function (txn, msg)
  local sender = txn.sender
  if sender == "l-reject@s.test" then
    return pli.reject "not this"
  elseif sender == "l-defer@s.test" then
    return pli.defer "not now"
  elseif sender == "l-discard@s.test" then
    return pli.discard "nobody wants it"
  elseif sender == "l-quarantine@s.test" then
    return pli.quarantine "looks odd"
  elseif sender == "l-error@s.test" then
    return sender.nothing.at_all
  end
end)

pli.on ("deliver", function (msg, rcpt)
  local subject = msg.header.subject
  if rcpt.user ~= "ann" then return end
  if subject == "l-file" then return pli.file "Filed/here" end
  if subject == "l-redirect" then return pli.redirect "bob@example.test" end
  if subject == "l-copy" then return pli.copy "bob@example.test" end
end)
"""


class Sent:
    """A message of its own, sent as far as the server takes it: `reply` is the last one."""

    def __init__(self, server, name, rcpt=ANN, sender=None, login=None, source=None, head="", text="hello\r\n", mail=()):
        self.sender = name + "@s.test" if sender is None else sender
        self.message_id = name + "@ids.test"
        message = "%sSubject: %s\r\nMessage-ID: <%s>\r\n\r\n%s" % (head, name, self.message_id, text)
        smtp = server.smtp("submission", login=login) if login else client(server, source)
        with smtp:
            self.reply = smtp.mail(self.sender, mail)
            if self.reply[0] == 250:
                self.reply = smtp.rcpt(rcpt)
            if self.reply[0] == 250:
                # smtplib's data () would put line ends right.
                smtp.docmd("DATA")
                smtp.send(message.encode() + b"\r\n.\r\n")
                self.reply = smtp.getreply()
                smtp.close()


def line_of(text):
    return "(policy.lua:%d)" % (RULES[:RULES.index(text)].count("\n") + 1)


def ask(server, what):
    lines = server.cli("explain", what, check=False).text.splitlines()
    for line in lines:
        if not LINE.match(line) and not line.startswith("pli explain: nothing is known"):
            raise Fault("explain %s prints %r" % (what, line))
    return lines


def told(server, what, words):
    """The line with all the words."""
    def look():
        return [line for line in ask(server, what) if all(word in line for word in words)]
    try:
        return until("explained", look, 15)[-1]
    except Fault:
        raise Fault("%s is not explained by %r:\n%s" % (what, words, "\n".join(ask(server, what))))


def fate(server, sent, code, *words, address=None, by_message_id=True):
    """The same line by address, by id, and by Message-ID, which is known when the header has come."""
    if sent.reply[0] != code:
        raise Fault("answered %r instead of %d" % (sent.reply, code))
    line = told(server, address or sent.sender, words)
    message = line.split()[1]
    asked = [message] + ([sent.message_id, "<%s>" % sent.message_id] if by_message_id else [])
    for what in asked:
        if line not in ask(server, what):
            raise Fault("explain %s lacks %r:\n%s" % (what, line, "\n".join(ask(server, what))))
    return message


# Each a name, the code of the last reply, what the line says, and how it is sent; `early`: before there is a Message-ID.

SMTP = [
    ("delivered", 250, [" delivered by queue-log", "to=<%s>" % ANN], {}),
    ("through an alias", 250, [" expanded by queue-log", "directory: stands for " + ANN],
     {"rcpt": "sales@" + DOMAIN, "address": "sales@" + DOMAIN}),
    ("subaddress", 250, [" delivered by queue-log", "to=<ann"], {"rcpt": "ann+news@" + DOMAIN}),
    ("unknown user", 550, [" refused by proto-smtp", "5.1.1 No such user here (directory)"],
     {"rcpt": "nobody@" + DOMAIN, "early": True}),
    ("disabled account", 550, [" refused by proto-smtp", "5.2.1 Mailbox disabled (directory)"],
     {"rcpt": "gone@" + DOMAIN, "early": True}),
    ("relay denied", 554, [" refused by proto-smtp", "Relay access denied (directory)"],
     {"rcpt": "x@far.test", "early": True}),
    ("sender not yours", 553, [" refused by proto-smtp", "not yours (sender-must-match)", "login=ann"],
     {"sender": "boss@" + DOMAIN, "login": "ann", "early": True}),
    ("too big, as announced", 552, [" refused by proto-smtp", "Message too big (size-max)"],
     {"mail": ["SIZE=99999999"], "early": True}),
    ("too big, as it came", 552, [" refused by proto-smtp", "Message too big (size-max)"],
     {"text": ("x" * 70 + "\r\n") * 2000}),
    ("too many hops", 554, [" refused by proto-smtp", "5.4.6", "(hops-max)"], {"head": "Received: by x\r\n" * 6}),
    ("bare LF", 550, [" refused by proto-smtp", "5.6.11", "(bare-newline)"], {"text": "one\ntwo\r\n"}),
]
LUA = [
    ("l-reject", 550, [" refused by policy-lua", "not this", 'pli.reject "not'], {}),
    ("l-defer", 451, [" deferred by policy-lua", "not now", "pli.defer"], {}),
    ("l-discard", 250, [" discarded by policy-lua", "nobody wants it", "pli.discard"], {}),
    ("l-quarantine", 250, [" quarantined by policy-lua", "looks odd", "pli.quarantine"], {}),
    ("l-file", 250, [" filed by policy.lua:", "Filed/here", "pli.file"], {}),
    ("l-redirect", 250, [" redirected by policy.lua:", "bob@" + DOMAIN, "pli.redirect"], {}),
    ("l-copy", 250, [" copied by policy.lua:", "bob@" + DOMAIN, "pli.copy"], {}),
    ("l-error", 451, [" deferred by policy-lua", "policy.lua:", "return sender.nothing"], {}),
]


def one(server, name, code, words, how):
    how = dict(how)
    early, address = how.pop("early", False), how.pop("address", None)
    sent = Sent(server, name.replace(" ", "-").replace(",", ""), **how)
    fate(server, sent, code, *words, address=address, by_message_id=not early)


def scripted(server, name, code, words, how):
    """The last word is what stands in the line of the script that is to be named."""
    line = line_of(words[-1])
    one(server, name, code, words[:-1] + [line.strip("()")], how)


def remote(server, host):
    rcpt = "later@away.test"
    sent = Sent(server, "later", rcpt, ANN, "ann")
    fate(server, sent, 250, " deferred by queue-log", "peer=[127.0.0.1]:%d" % host.port, "451 4.7.1 come back",
         address=rcpt)
    fate(server, sent, 250, " sent by queue-log", "peer=[127.0.0.1]:%d" % host.port, "250 2.0.0 taken", address=rcpt)
    if len(host.messages) != 1:
        raise Fault("the other host has %d messages" % len(host.messages))


def bounced(server):
    rcpt = "never@away.test"
    sent = Sent(server, "bounced", rcpt, ANN, "ann")
    fate(server, sent, 250, " refused by queue-log", "peer=[127.0.0.1]:", "550 5.1.1 no such user over there", address=rcpt)
    fate(server, sent, 250, " bounced by queue-log", "550 5.1.1 no such user over there", address=rcpt)
    until("a report for ann", lambda: reports(server))


def reports(server):
    with server.imap("ann") as imap:
        imap.select("INBOX", readonly=True)
        return imap.search(None, "HEADER", "Content-Type", "multipart/report", "BODY", "never@away.test")[1][0]


def double_bounce(server):
    rcpt = "never-again@away.test"
    sent = Sent(server, "double", rcpt, "", "ann")
    fate(server, sent, 250, " discarded by queue-log", "from=<>", "rule double-bounce", "550 5.1.1", address=rcpt)


def deleted(server):
    rcpt = "wait@away.test"
    sent = Sent(server, "deleted", rcpt, ANN, "ann")
    message = fate(server, sent, 250, " deferred by queue-log", "452 4.2.2 mailbox full", address=rcpt)
    server.cli("queue", "delete", message)
    fate(server, sent, 250, " discarded by queue-log", "rule: deleted from the queue by ", address=rcpt)


def reload(server, base, text):
    server.write("20-test.conf", base + text)
    server.reload()


def greylisted(server, base):
    reload(server, base, "[filter-greylist]\nwait = 1h\n")
    fate(server, Sent(server, "grey"), 451, " deferred by filter-greylist", "Greylisted", "(wait)", by_message_id=False)
    reload(server, base, "[filter-greylist]\nwait = 1s\n")
    sent = until("it is let in", lambda: (lambda x: x if x.reply[0] == 250 else None)(Sent(server, "grey")), pause=0.3)
    fate(server, sent, 250, " accepted by proto-smtp", "greylist.result=")
    fate(server, sent, 250, " delivered by queue-log")


def listed(server, base):
    with NameServer({"zen.test": "2.0.0.127 A 127.0.0.2\n"}) as names:
        reload(server, base, "[dns-unbound]\nservers = 127.0.0.1@%d\ntimeout = 2s\n[filter-dnsbl]\nlists = zen.test\n"
               % names.port)
        fate(server, Sent(server, "listed", source="127.0.0.2"), 550, " refused by filter-dnsbl", "zen.test", "(reject)",
             by_message_id=False)


def infected(server, base):
    bad = base64.b64encode(EICAR).decode()
    with Clamd() as clamd:
        conf = "[filter-clamav]\naddress = 127.0.0.1:%d\n" % clamd.port
        head = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n"
        text = ("--b\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n%s\r\n--b--\r\n"
                % bad)
        reload(server, base, conf)
        fate(server, Sent(server, "infected", head=head, text=text), 550, " refused by filter-clamav", SIGNATURE,
             "(infected)")
        reload(server, base, conf + "infected = quarantine\n")
        fate(server, Sent(server, "put-aside", head=head, text=text), 250, " quarantined by filter-clamav", SIGNATURE,
             "(infected)")
        clamd.stop()
        fate(server, Sent(server, "unscanned"), 451, " deferred by filter-clamav", "(on-failure)")


def failing(server, base, folder):
    """The filter that fails of tests/plugins, under a name that puts it into the room smtp."""
    with open(os.path.join(TOP, "tests", "plugins", "misbehave-fail.c")) as source:
        text = source.read().replace("misbehave_fail", "filter_fail").replace("misbehave-fail", "filter-fail")
    path = os.path.join(folder, "filter-fail.c")
    with open(path, "w") as out:
        out.write(text)
    run(compiler() + ["-I" + os.path.join(TOP, "tests", "plugins"), path, "-o", os.path.join(folder, "filter-fail.so")])
    reload(server, base, "[filter-fail]\nisolation = room\nstages = message\n")
    sent = Sent(server, "fails")
    fate(server, sent, 451, " deferred by filter-fail", "failed on purpose")
    fate(server, sent, 451, " deferred by filter-fail", "message-id=<%s>" % sent.message_id, "(on-failure)")


def write_rules(server):
    folder = os.path.join(server.root, "lua")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "policy.lua"), "w") as out:
        out.write(RULES)


def tests(server, host, base, folder):
    server.cli("alias", "add", "sales@" + DOMAIN, ANN)
    server.cli("account", "disable", "gone@" + DOMAIN)
    for row in SMTP:
        case(row[0], one, server, *row)
    write_rules(server)
    server.reload()
    for row in LUA:
        case("a script's line: " + row[0], scripted, server, *row)
    case("deferred by the other host, then sent", remote, server, host)
    case("bounced with a report", bounced, server)
    case("a report that comes back is discarded", double_bounce, server)
    case("deleted by the administrator", deleted, server)
    case("greylisted, then let in", greylisted, server, base)
    case("on a block list", listed, server, base)
    case("infected: refused, quarantined, and without a scanner", infected, server, base)
    case("a filter that fails", failing, server, base, folder)


def body():
    folder = tempfile.mkdtemp(prefix="pli-fates-")
    os.chmod(folder, 0o755)
    try:
        with Remote(rules=REMOTE) as host:
            base = BASE % host.port
            with Server(["ann", "bob", "gone"], base, env=dict(os.environ, PLI_PLUGIN_PATH=folder)) as server:
                tests(server, host, base, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(body, 300)
