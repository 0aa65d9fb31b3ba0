#!/usr/bin/env python3
"""A whole Pli and the world: mail to and from real Postfix and Exim with DNS from a real NSD, a relay with AUTH over TLS,
hosts that put mail off, die at the worst moment, or do not exist; and the reports that come back."""
import os
import shutil
import smtplib
import tempfile

from nameserver import NameServer
from pliserver import DOMAIN, Fault, Server, case, main, until
from realhosts import Exim, Postfix, certificate, with_mounts
from remotehost import Remote, free_port

ME = "ann@" + DOMAIN
POSTFIX, EXIM, RELAY, SLOWLY, DYING, DEAD = ("127.0.0.%d" % x for x in range(2, 8))
TEXT = b"Subject: %s\r\n\r\nHello.\r\n.dot\r\n.\r\nend\r\n"
AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
ZONES = {
    "hosts.test": "ns A 127.0.0.1\nmail A 127.0.0.1\npostfix A %s\nexim A %s\nslowly A %s\ndying A %s\ndead A %s\n"
                  % (POSTFIX, EXIM, SLOWLY, DYING, DEAD),
    "postfix.test": "@ MX 10 dead.hosts.test.\n@ MX 20 postfix.hosts.test.\n",
    "exim.test": "@ MX 10 exim.hosts.test.\n",
    "plain.test": "@ A %s\n" % EXIM,
    "slowly.test": "@ MX 10 slowly.hosts.test.\n",
    "dying.test": "@ MX 10 dying.hosts.test.\n",
    "null.test": "@ MX 0 .\n",
    "loop.test": "@ MX 10 mail.hosts.test.\n@ MX 20 exim.hosts.test.\n",
    "test": "@ A 127.0.0.1\n",
}


class World:
    server = postfix = exim = relay = None

    def submit(self, rcpt, subject, sender=ME):
        with self.server.smtp("submission", login="ann", tls="starttls") as client:
            client.sendmail(sender, rcpt if isinstance(rcpt, list) else [rcpt], TEXT % subject.encode())

    def queue(self):
        return self.server.cli("queue", "list")

    def wait_empty(self):
        until("nothing is open: " + self.queue(), lambda: self.queue().startswith("0 open"), 20)

    def inbox(self):
        with self.server.imap("ann") as imap:
            imap.select("INBOX")
            numbers = imap.search(None, "ALL")[1][0].split()
            return [imap.fetch(x, "(BODY.PEEK[])")[1][0][1] for x in numbers]

    def wait_report(self, *words):
        """A report that has all of the words, and only one."""
        def found():
            return [x for x in self.inbox() if all(y.encode() in x for y in words)]
        until("a report with %s" % (words,), found, 20)
        if len(found()) != 1:
            raise Fault("%d reports with %s" % (len(found()), words))


world = World()


def arrives(host, subject, *words):
    def found():
        return [x for x in host.messages() if b"Subject: " + subject.encode() in x]
    until("%s at %s\n%s" % (subject, host.name, world.queue()), found, 20)
    message = found()[0].replace(b"\r\n", b"\n")
    if not message.endswith(b"\n\nHello.\n.dot\n.\nend\n") or len(found()) != 1:
        raise Fault("%d messages: %s" % (len(found()), message))
    for word in words:
        if word.encode() not in message:
            raise Fault("no %s in %s" % (word, message))
    # The sender of the envelope is in the Return-Path of who delivers; ours is not there.
    if message.count(b"Return-Path:") > 1 or message.count(b"Return-path:") > 1:
        raise Fault("two Return-Paths: %s" % message)


def to_postfix():
    """The first MX is dead."""
    world.submit("bob@postfix.test", "to postfix")
    arrives(world.postfix, "to postfix", "using TLSv1.3", "Delivered-To: bob@postfix.test")


def to_exim():
    world.submit("bob@exim.test", "to exim")
    arrives(world.exim, "to exim", "esmtps", "TLS1.3")
    world.submit("bob@plain.test", "no mx")
    arrives(world.exim, "no mx")


def many_to_both():
    """Over kept connections, end and next envelope in one write: both must take that."""
    for i in range(40):
        world.submit(["bob@postfix.test", "bob@exim.test"], "one of many %d" % i)
    world.wait_empty()
    for host in (world.postfix, world.exim):
        def subjects():
            return sorted(x.split(b"Subject: one of many ")[1].split()[0] for x in host.messages() if b"Subject: one of" in x)
        until("40 messages at " + host.name, lambda: len(subjects()) >= 40, 20)
        if subjects() != sorted(b"%d" % i for i in range(40)):
            raise Fault("%s at %s" % (subjects(), host.name))
    reused = [n for name, n in world.server.metrics().items() if name.startswith("pli_deliver_smtp_reused_total")]
    if sum(reused) == 0:
        raise Fault("each message had a connection of its own")


def refused_recipient():
    world.submit(["nobody@exim.test", "bob@exim.test"], "one refused")
    arrives(world.exim, "one refused")
    world.wait_report("one refused", "nobody@exim.test", "Status: 5.", "550")


def from_real_hosts():
    for host, sender in ((world.postfix, "bob@postfix.test"), (world.exim, "bob@exim.test")):
        with smtplib.SMTP(host.address, host.port, "client.test", timeout=30) as client:
            client.sendmail(sender, [ME], TEXT % b"from outside")
        until("from " + sender, lambda: any(b"from outside" in x and sender.encode() in x for x in world.inbox()), 20)


def through_relay():
    """AUTH over TLS, with a certificate that the relay's name must be in."""
    world.submit("bob@relayed.test", "by relay")
    arrives(world.relay, "by relay", "esmtpsa", "TLS1.3")


def untrusted_relay():
    """The same relay by a name that its certificate does not have: mail waits, and says why."""
    world.submit("bob@distrusted.test", "distrusted")
    until("a reason", lambda: "certificate" in world.queue(), 20)
    world.server.cli("queue", "delete", "--all")
    if any(b"distrusted" in x for x in world.relay.messages()):
        raise Fault("sent to a host that is not who it should be")


def later_then_taken():
    with Remote([SLOWLY], world.port, rules={"RCPT": ["451 4.7.1 come back"] * 3 + ["250 ok"]}) as host:
        world.submit("bob@slowly.test", "slowly")
        until("taken at the fourth try", lambda: host.messages, 20)
        if len([x for x in host.commands if x.startswith("RCPT")]) != 4:
            raise Fault(host.commands)
        world.wait_empty()


def dies_at_the_end():
    with Remote([DYING], world.port, rules={"end": ["close", "250 2.0.0 now"]}) as host:
        world.submit("bob@dying.test", "dying")
        until("sent twice", lambda: len(host.messages) == 2, 20)
        if host.messages[0][2] != host.messages[1][2]:
            raise Fault("not the same message: %s" % host.messages)
        world.wait_empty()


def no_such_domain():
    world.submit("bob@nothing.test", "nowhere")
    world.wait_report("nowhere", "5.1.2", "does not exist")


def null_mx():
    world.submit("bob@null.test", "null mx")
    world.wait_report("null mx", "5.1.10")


def loop():
    world.submit("bob@loop.test", "looping")
    world.wait_report("looping", "5.4.6")


def told():
    """What people ask when mail is not there."""
    said = world.server.cli("route", "test", "bob@postfix.test")
    for word in ("dead.hosts.test", "postfix.hosts.test", POSTFIX, "opportunistic"):
        if word not in said:
            raise Fault("no %s in %s" % (word, said))
    said = until("explained", lambda: world.server.cli("explain", "bob@postfix.test", check=False).text, 20)
    if "postfix.hosts.test [%s]:%d" % (POSTFIX, world.port) not in said:
        raise Fault(said)


def settings(names, relay):
    routes = "".join("[route %s]\ndomains = %s\nrelay = %s:%d\ntls = require\nlogin = ann\npassword-file = relay.password\n"
                     % (x, x + ".test", y, relay.port) for x, y in (("relayed", RELAY_NAME), ("distrusted", RELAY)))
    return """[server]
hostname = mail.hosts.test
[dns-unbound]
servers = 127.0.0.1@%d
[deliver-smtp]
port = %d
host-failure = 500ms
[queue-log]
retry-first = 300ms
retry-max = 1s
%s""" % (names.port, world.port, routes)


RELAY_NAME = "relay.hosts.test"


def run_all(names):
    here = world.server
    with open(os.path.join(here.root, "relay.password"), "w") as out:
        out.write("secret\n")
    os.chmod(out.name, 0o600)
    with here:
        next_hop = ("127.0.0.1", here.port("mx"))
        with Postfix(POSTFIX, world.port, ["postfix.test"], next_hop) as world.postfix, \
                Exim(EXIM, world.port, ["exim.test", "plain.test"], next_hop) as world.exim, world.relay:
            for function in (to_postfix, to_exim, many_to_both, refused_recipient, from_real_hosts, through_relay,
                             untrusted_relay, later_then_taken, dies_at_the_end, no_such_domain, null_mx, loop, told):
                case(function.__name__.replace("_", " "), function)


def body():
    world.port = free_port([POSTFIX, EXIM, SLOWLY, DYING])
    world.relay = Exim(RELAY, free_port([RELAY]), ["relayed.test", "distrusted.test"], ("127.0.0.1", 9), RELAY_NAME,
                       login=("ann", "secret"))
    trusted = tempfile.mkdtemp(prefix="pli-trust-")
    os.chmod(trusted, 0o755)
    ZONES["hosts.test"] += "relay A %s\n" % RELAY
    try:
        pem, _ = world.relay.certificate = certificate(trusted, RELAY_NAME)
        with NameServer(ZONES) as names:
            world.server = Server(accounts=["ann"], settings=settings(names, world.relay),
                                  wrap=with_mounts((pem, AUTHORITIES)))
            run_all(names)
    finally:
        shutil.rmtree(trusted, ignore_errors=True)


if __name__ == "__main__":
    main(body, 300)
