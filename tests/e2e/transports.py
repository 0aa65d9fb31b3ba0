#!/usr/bin/env python3
"""deliver-smtp and deliver-lmtp alone (tests/plugins/deliver-drive.c), with hosts that this test plays, and DNS from a
table: routing, hosts that are dead, refuse, break off or come back, TLS, AUTH, reuse of connections, LMTP."""
import hashlib
import os
import socket
import subprocess
import tempfile
import threading

import pliserver
from pliserver import Fault, case
from remotehost import Remote, free_port

BUILD = os.path.dirname(pliserver.PLI)
DRIVE = os.path.join(BUILD, "tests", "plugins", "deliver-drive")
DEAD = "127.0.0.9"      # nobody listens there
WORK = tempfile.mkdtemp(prefix="pli-transports-")
HELLO = b"Return-Path: <s@here.test>\r\nSubject: hello\r\n\r\nhi\r\n.dot\r\n..\r\n"


def sent(message):
    """As it must arrive: without the Return-Path on top."""
    return message.split(b"\r\n", 1)[1]


class Drive:
    """The plugins with these settings; `do` gives a command and returns its lines."""

    def __init__(self, settings="", plugins=("deliver-smtp", "deliver-lmtp"), env=None):
        conf = os.path.join(WORK, "conf")
        with open(conf, "w") as out:
            out.write("[server]\nhostname = me.test\n" + settings)
        paths = [os.path.join(BUILD, "plugins", ".libs")]
        self.process = subprocess.Popen([DRIVE, conf, *plugins], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        env=dict(os.environ, PLI_PLUGIN_PATH=":".join(paths), **(env or {})), text=True,
                                        preexec_fn=pliserver.die_with_parent, errors="replace")
        self.until("ready")

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind:
            self.process.kill()
        self.rest = self.process.communicate(timeout=60 * pliserver.SLOW)[0]
        if not kind and self.process.returncode != 0:
            raise Fault("the driver ended with %d" % self.process.returncode)

    def until(self, word):
        lines = []
        for line in self.process.stdout:
            if line.rstrip("\n") == word:
                return lines
            lines.append(line.rstrip("\n"))
        raise Fault("the driver ended with %s: %s" % (self.process.wait(), lines))

    def tell(self, *commands):
        self.process.stdin.write("".join(x + "\n" for x in commands))
        self.process.stdin.flush()

    def send(self, domain="there.test", rcpts=None, message=HELLO, route="default", transport="smtp", times=1,
             sender="s@here.test"):
        path = os.path.join(WORK, "message-" + hashlib.sha1(message).hexdigest())
        with open(path, "wb") as out:
            out.write(message)
        self.tell("send %s %s %s %s %s %s %d" % (transport, route, domain, sender, rcpts or "a@" + domain, path, times))

    def settle(self):
        """One Result a recipient."""
        self.tell("settle")
        return [Result(x) for x in self.until("settled")]

    def sends(self, *args, **options):
        self.send(*args, **options)
        return self.settle()

    def plan(self, domain, route="default", transport="smtp"):
        self.tell("plan %s %s %s" % (transport, route, domain))
        return "\n".join(self.until("planned"))

    def metrics(self):
        self.tell("metrics")
        return {x.rsplit(" ", 1)[0].split("{")[0]: float(x.rsplit(" ", 1)[1]) for x in self.until("metrics")}


class Result:
    def __init__(self, line):
        words = line.split(" ", 4)
        self.line, self.outcome = line, words[1]
        if self.outcome == "error":
            return
        self.code, self.status = int(words[2]), words[3]
        rest, self.text = words[4].split(" text=", 1)
        self.host, self.tls = rest[5:].split(" tls=")


def expect(results, *wanted):
    """Each of wanted: what begins "OUTCOME CODE STATUS", then words that the line has."""
    if len(results) != len(wanted):
        raise Fault("%d results: %s" % (len(results), [x.line for x in results]))
    for result, words in zip(results, wanted):
        first, *rest = words.split("|")
        said = "%s %s %s" % (result.outcome, result.code, result.status)
        if said != first or not all(x in result.line for x in rest):
            raise Fault("wanted %s, got %s" % (words, result.line))


def equal(got, wanted):
    if got != wanted:
        raise Fault("got %r, wanted %r" % (got, wanted))


def certificate(name):
    key, pem = os.path.join(WORK, name + ".key"), os.path.join(WORK, name + ".pem")
    pliserver.need_program("openssl")
    pliserver.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                   "2", "-subj", "/CN=" + name, "-addext", "subjectAltName=DNS:" + name, "-keyout", key, "-out", pem])
    return pem, key


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as one:
            one.bind(("::1", 0))
        return True
    except OSError:
        return False


# Routing

def test_mx():
    with Remote(addresses=["127.0.0.2", "127.0.0.3"]) as host, \
            Drive("[deliver-smtp]\nport = %d\n" % host.port) as drive:
        drive.tell("dns MX there.test 20 second.test", "dns MX there.test 10 first.test", "dns A first.test " + DEAD,
                   "dns A second.test 127.0.0.2")
        plan = drive.plan("there.test")
        expect(drive.sends(), "TAKEN 250 2.0.0|second.test [127.0.0.2]:%d" % host.port)
        if plan.index("first.test") > plan.index("second.test") or "tls = opportunistic" not in plan:
            raise Fault("plan: " + plan)
        if "refused for good: 5.1.2" not in drive.plan("missing.test"):
            raise Fault("plan: " + drive.plan("missing.test"))
        if "not tried now" not in drive.plan("there.test"):
            raise Fault("plan: " + drive.plan("there.test"))
        equal(host.messages[0][2], sent(HELLO))
        equal(host.messages[0][:2], ("MAIL FROM:<s@here.test>", ["RCPT TO:<a@there.test>"]))


def test_mx_order():
    """Random within a preference, never against it."""
    with Remote(addresses=["127.0.0.%d" % x for x in range(2, 6)]) as host:
        seen = set()
        for _ in range(30):
            with Drive("[deliver-smtp]\nport = %d\n" % host.port) as drive:
                for i in range(2, 6):
                    drive.tell("dns MX there.test %d m%d.test" % (20 if i == 5 else 10, i),
                               "dns A m%d.test 127.0.0.%d" % (i, i))
                seen.add(drive.sends()[0].host.split(" ")[0])
            if len(seen) == 3:
                break
        equal(seen, {"m2.test", "m3.test", "m4.test"})


def test_names():
    with Remote() as host, Drive("[deliver-smtp]\nport = %d\n" % host.port) as drive:
        drive.tell("dns MX null.test 0 .", "dns A direct.test 127.0.0.1", "dns NONE empty.test", "dns FAIL broken.test",
                   "dns MX own.test 10 me.test", "dns MX own.test 20 worse.test", "dns MX better.test 10 ok.test",
                   "dns MX better.test 20 ME.test", "dns A ok.test 127.0.0.1", "dns MX lost.test 10 gone.test",
                   "dns MX half.test 10 gone.test", "dns MX half.test 20 broken.test")
        expect(drive.sends("missing.test"), "NEVER 0 5.1.2|does not exist")
        expect(drive.sends("null.test"), "NEVER 0 5.1.10|takes no mail")
        expect(drive.sends("direct.test"), "TAKEN 250 2.0.0|direct.test [127.0.0.1]")
        expect(drive.sends("empty.test"), "NEVER 0 5.1.2|no address")
        expect(drive.sends("broken.test"), "LATER 0 4.4.3|SERVFAIL")
        expect(drive.sends("own.test"), "NEVER 0 5.4.6|come back")
        expect(drive.sends("better.test"), "TAKEN 250 2.0.0|ok.test")
        expect(drive.sends("lost.test"), "NEVER 0 5.4.4|gone.test")
        expect(drive.sends("half.test"), "LATER 0 4.4.3|SERVFAIL")
        expect(drive.sends("[127.0.0.1]"), "TAKEN 250 2.0.0|host=[127.0.0.1]:")
        expect(drive.sends("[what]"), "NEVER 0 5.1.2|not an address")
        expect(drive.sends("there.test", route="nowhere"), "LATER 0 4.3.5|no route")


def test_relay():
    loopback = "::1" if has_ipv6() else "127.0.0.1"
    with Remote(addresses=["127.0.0.2"]) as host, Remote(addresses=[loopback]) as six:
        routes = "".join("[route %s]\nrelay = %s\n" % x for x in (
            ("name", "relay.test:%d" % host.port), ("brackets", "[relay.test]:%d" % host.port),
            ("literal", "127.0.0.2:%d" % host.port), ("six", "[%s]:%d" % (loopback, six.port)), ("bad", "relay.test:x"),
            ("gone", "gone.test:25"), ("local", "localhost:%d" % six.port)))
        with Drive(routes) as drive:
            drive.tell("dns A relay.test 127.0.0.2", "dns MX relay.test 0 wrong.test")
            for route in ("name", "brackets"):
                expect(drive.sends(route=route), "TAKEN 250 2.0.0|relay.test [127.0.0.2]:%d" % host.port)
            expect(drive.sends(route="literal"), "TAKEN 250 2.0.0|host=[127.0.0.2]:%d" % host.port)
            expect(drive.sends(route="six"), "TAKEN 250 2.0.0|host=[%s]:%d" % (loopback, six.port))
            expect(drive.sends(route="local"), "TAKEN 250 2.0.0|localhost [%s]" % loopback)
            expect(drive.sends(route="bad"), "LATER 0 4.3.5|HOST:PORT")
            expect(drive.sends(route="gone"), "LATER 0 4.4.4|gone.test")
            if "to the relay" not in drive.plan("there.test", "name"):
                raise Fault(drive.plan("there.test", "name"))


# Hosts that fail

def with_host(host, settings=""):
    return Drive("[route default]\nrelay = 127.0.0.1:%d\n[deliver-smtp]\n%s" % (host.port, settings))


def test_refused_greeting():
    with Remote(addresses=["127.0.0.2"], rules={"greeting": ["554 no"]}) as bad, \
            Remote(addresses=["127.0.0.3"], port=bad.port, rules={"EHLO": ["421 busy"]}) as busy, \
            Remote(addresses=["127.0.0.4"], port=bad.port) as good, \
            Drive("[deliver-smtp]\nport = %d\n" % bad.port) as drive:
        for i in (2, 3, 4):
            drive.tell("dns MX there.test %d m%d.test" % (i, i), "dns A m%d.test 127.0.0.%d" % (i, i))
        expect(drive.sends(), "TAKEN 250 2.0.0|m4.test")
        equal((bad.connections, busy.connections, good.connections), (1, 1, 1))


def test_later_then_taken():
    with Remote(rules={"RCPT": ["451 4.7.1 come back"] * 3 + ["250 ok"]}) as host, with_host(host) as drive:
        for _ in range(3):
            expect(drive.sends(), "LATER 451 4.7.1|come back")
        expect(drive.sends(), "TAKEN 250 2.0.0|taken")
        equal((len(host.messages), host.connections), (1, 1))


def test_dies_at_the_end():
    with Remote(rules={"end": ["close", "reset", "250 ok"]}) as host, with_host(host) as drive:
        expect(drive.sends(), "LATER 0 4.4.2|may arrive twice")
        expect(drive.sends(), "LATER 0 4.4.2|may arrive twice")
        expect(drive.sends(), "TAKEN 250 2.0.0")
        equal(len(host.messages), 3)


def test_dead_host_remembered():
    with Remote(addresses=["127.0.0.2"]) as host:
        with Drive("[deliver-smtp]\nport = %d\nconnections-per-destination = 1\nmessages-per-connection = 1\n"
                   % host.port) as drive:
            drive.tell("dns MX there.test 1 dead.test", "dns A dead.test " + DEAD, "dns MX there.test 2 good.test",
                       "dns A good.test 127.0.0.2", "dns MX dead.test 1 dead.test")
            drive.send(times=50)
            if {x.outcome for x in drive.settle()} != {"TAKEN"}:
                raise Fault("not all taken")
            equal(host.connections, 50)
            expect(drive.sends("dead.test"), "LATER 0 4.4.1|refused")
            numbers = drive.metrics()
            equal(numbers["pli_deliver_smtp_unusable_total"], 1)
            equal(numbers["pli_deliver_smtp_connections_total"], 50)


def test_silent_host():
    """A time-out of each kind; the first address is remembered, the second one serves."""
    silent = socket.socket()
    silent.bind(("127.0.0.2", 0))
    silent.listen()
    with Remote(addresses=["127.0.0.3"], port=silent.getsockname()[1]) as host, \
            Drive("[deliver-smtp]\nport = %d\ngreeting-wait = 200ms\n" % host.port) as drive:
        drive.tell("dns MX there.test 1 m.test", "dns A m.test 127.0.0.2", "dns A m.test 127.0.0.3")
        expect(drive.sends(), "TAKEN 250 2.0.0|127.0.0.3")
    silent.close()


def test_closes_when_idle():
    """A connection that was kept, and that the host ended meanwhile, costs nothing."""
    with Remote(per_connection=3) as host, with_host(host, "connections-per-destination = 2\n") as drive:
        drive.send(times=40)
        outcomes = [x.line for x in drive.settle() if x.outcome != "TAKEN"]
        equal(outcomes, [])
        equal(len(host.messages), 40)


def test_stop():
    """What is under way when the plugin stops is answered, too."""
    with Remote(rules={"RCPT": ["250 ok"], "end": ["250 ok"], "greeting": ["220 x"]}) as host:
        host.answer = lambda key, usual: threading.Event().wait(30) or usual if key.startswith("RCPT") else usual
        with with_host(host, "connections-per-destination = 1\n") as drive:
            drive.send(times=3)
            drive.tell("pass 300")
        results = [Result(x) for x in drive.rest.splitlines() if x != "passed"]
        expect(results, "LATER 0 4.4.2|stopping", *["LATER 0 4.3.2|stopping"] * 2)


def test_stop_while_dns_waits():
    """A resolver that says nothing: the message, and the plan, are answered at the stop."""
    silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    silent.bind(("127.0.0.1", 0))
    with Drive("[dns-unbound]\nservers = 127.0.0.1@%d\n" % silent.getsockname()[1],
               ("dns-unbound", "deliver-smtp")) as drive:
        drive.send()
        drive.tell("begin-plan smtp default there.test", "pass 200")
    results = [x for x in drive.rest.splitlines() if x != "passed"]
    expect([Result(x) for x in results if not x.startswith("plan ")], "LATER 0 4.3.2|stopping")
    equal([x for x in results if x.startswith("plan ")], ["plan the server is stopping"])
    silent.close()


# Many

def test_reuse():
    with Remote() as host, with_host(host) as drive:
        drive.send(times=1000)
        results = drive.settle()
        equal({x.outcome for x in results}, {"TAKEN"})
        equal(len(host.messages), 1000)
        if host.most_open > 10 or host.connections > 25:
            raise Fault("%d connections, %d at a time" % (host.connections, host.most_open))
        equal({x[2] for x in host.messages}, {sent(HELLO)})


def test_limits():
    """Two destinations, one connection in all: both are served."""
    with Remote(addresses=["127.0.0.2"]) as one, Remote(addresses=["127.0.0.3"], port=one.port) as two, \
            Drive("[deliver-smtp]\nport = %d\nconnections-max = 1\n" % one.port) as drive:
        drive.tell("dns A one.test 127.0.0.2", "dns A two.test 127.0.0.3")
        drive.tell("dns NONE one.test", "dns NONE two.test")
        for domain in ("one.test", "two.test", "one.test"):
            drive.send(domain, times=5)
        equal({x.outcome for x in drive.settle()}, {"TAKEN"})
        equal((len(one.messages), len(two.messages)), (10, 5))
        equal((one.most_open, two.most_open), (1, 1))


def test_one_site():
    """Domains with the same exchangers share connections."""
    with Remote() as host, Drive("[deliver-smtp]\nport = %d\nconnections-per-destination = 1\n" % host.port) as drive:
        drive.tell("dns A mx.test 127.0.0.1")
        for i in range(10):
            drive.tell("dns MX d%d.test 10 mx.test" % i)
            drive.send("d%d.test" % i)
        equal({x.outcome for x in drive.settle()}, {"TAKEN"})
        equal(host.connections, 1)


def test_big():
    line = b".This line begins with a dot, and there are many of it.\r\n"
    message = b"Return-Path: <>\r\nSubject: big\r\n\r\n" + line * 50000 + b"x" * 300000 + b"\r\nend"
    with Remote(offers=["SIZE 100000000"]) as host, with_host(host) as drive:
        expect(drive.sends(message=message), "TAKEN 250 2.0.0")
        equal(hashlib.sha1(host.messages[0][2]).hexdigest(), hashlib.sha1(sent(message) + b"\r\n").hexdigest())
        equal(host.messages[0][0], "MAIL FROM:<s@here.test> SIZE=%d" % len(sent(message)))


def test_recipients():
    rcpts = ",".join("u%d@there.test" % i for i in range(250))
    with Remote(rules={"RCPT TO:<u7@": ["550 5.1.1 no u7"], "RCPT TO:<u8@": ["450 4.2.1 not u8"]}) as host, \
            with_host(host) as drive:
        results = drive.sends(rcpts=rcpts)
        equal(len(results), 250)
        expect(results[6:10], "TAKEN 250 2.0.0", "NEVER 550 5.1.1|no u7", "LATER 450 4.2.1|not u8", "TAKEN 250 2.0.0")
        equal([len(x[1]) for x in host.messages], [98, 100, 50])


# TLS and AUTH

def test_tls():
    pem = certificate("relay.test")
    with Remote(offers=["PIPELINING", "STARTTLS"], certificate=pem) as host:
        routes = "".join("[route %s]\ntls = %s\nrelay = 127.0.0.1:%d\n" % (x, x, host.port)
                         for x in ("none", "opportunistic", "require"))
        with Drive(routes + "[deliver-smtp]\nhost-failure = 0\n") as drive:
            expect(drive.sends(route="none"), "TAKEN 250 2.0.0|tls=-")
            expect(drive.sends(route="opportunistic"), "TAKEN 250 2.0.0|tls=TLS1.3")
            expect(drive.sends(route="require"), "LATER 0 4.7.5|certificate")
        equal([x[3] for x in host.messages], [False, True])


def test_tls_broken():
    with Remote(offers=["STARTTLS"]) as host:
        routes = "".join("[route %s]\ntls = %s\nrelay = 127.0.0.1:%d\n" % (x, x, host.port)
                         for x in ("opportunistic", "require"))
        with Drive(routes + "[deliver-smtp]\nhost-failure = 0\n") as drive:
            expect(drive.sends(route="opportunistic"), "TAKEN 250 2.0.0|tls=-")
            expect(drive.sends(route="require"), "LATER 0 4.7.5|TLS")
            equal(host.connections, 3)
            host.offers = []
            expect(drive.sends(route="require"), "LATER 0 4.7.4|does not offer")


def test_mx_tls_required():
    """An MX's name proves nothing, so its certificate is not checked."""
    with Remote(offers=["STARTTLS"], certificate=certificate("other.test")) as host, \
            Drive("[route default]\ntls = require\n[deliver-smtp]\nport = %d\n" % host.port) as drive:
        drive.tell("dns MX there.test 1 mx.test", "dns A mx.test 127.0.0.1")
        expect(drive.sends(), "TAKEN 250 2.0.0|tls=TLS1.3")


def test_auth():
    with Remote(offers=["PIPELINING", "AUTH PLAIN LOGIN"], login=("ann", "secret")) as host:
        routes = "".join("[route %s]\nrelay = 127.0.0.1:%d\nlogin = ann\n" % (x, host.port)
                         for x in ("right", "wrong", "none"))
        with Drive(routes + "[deliver-smtp]\nhost-failure = 0\n") as drive:
            drive.tell("password right secret", "password wrong guess")
            expect(drive.sends(route="right"), "TAKEN 250 2.0.0")
            expect(drive.sends(route="wrong"), "LATER 0 4.3.0|refused the route's login")
            expect(drive.sends(route="none"), "LATER 0 4.7.0|no password")
            equal(len(host.messages), 1)


# LMTP

def test_lmtp():
    path = os.path.join(WORK, "lmtp")
    with Remote(path=path, lmtp=True, rules={"end RCPT TO:<full@": ["452 4.2.2 full"], "RCPT TO:<no@": ["550 no"],
                                             "end RCPT TO:<bad@": ["554 5.6.0 bad"]}) as host, \
            Drive("[route box]\nrelay = %s\n[route none]\n[deliver-lmtp]\n" % path) as drive:
        names = ("a", "full", "no", "bad")
        expect(drive.sends(route="box", transport="lmtp", rcpts=",".join(x + "@there.test" for x in names)),
               "TAKEN 250 2.0.0|host=" + path, "LATER 452 4.2.2|full", "NEVER 550 5.0.0|no", "NEVER 554 5.6.0|bad")
        expect(drive.sends(route="none", transport="lmtp"), "LATER 0 4.3.5|no relay")
        equal(host.commands[0], "LHLO me.test")


def body():
    if not os.access(DRIVE, os.X_OK):
        raise pliserver.Skip("tests/plugins/deliver-drive is not built")
    for name, function in sorted(globals().items()):
        if name.startswith("test_"):
            case(name[5:].replace("_", " "), function)


if __name__ == "__main__":
    pliserver.main(body, 240)
