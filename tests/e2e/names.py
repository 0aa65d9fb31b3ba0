#!/usr/bin/env python3
"""Names looked up by the room `out`, from behind its walls: of each type, validated, while the room is killed and comes
back, with new settings, and in a single process. The name server is a real NSD."""
import os
import signal
import threading

from nameserver import NameServer
from pliserver import Fault, Server, case, main, until

ZONE = """ns A 127.0.0.1
@ MX 10 mx1
@ MX 20 mx2
mx1 A 192.0.2.1
mx1 AAAA 2001:db8::1
@ TXT "v=spf1 mx -all"
alias CNAME mx1
*.wild A 192.0.2.77
"""


def dns(server, *words, code=0):
    done = server.cli("dns", *words, check=False)
    if done.returncode != code:
        raise Fault("pli dns %s: exit code %d\n%s" % (" ".join(words), done.returncode, done.text))
    return done.text.splitlines()


def same(got, wanted):
    if got != wanted:
        raise Fault("%r instead of %r" % (got, wanted))


def settings(names, more=""):
    return "[dns-unbound]\nservers = 127.0.0.1@%d\n%s" % (names.port, more)


def room_out(server):
    return next(room for room in server.status()["rooms"] if room["room"] == "out/0")


def types(server):
    same(sorted(dns(server, "pli.test", "MX"))[:2], ["MX 10 mx1.pli.test", "MX 20 mx2.pli.test"])
    same(dns(server, "mx1.pli.test")[:1], ["A 192.0.2.1"])
    same(dns(server, "alias.pli.test", "AAAA")[:1], ["AAAA 2001:db8::1"])
    same(dns(server, "pli.test", "TXT")[:1], ["TXT v=spf1 mx -all"])
    same(dns(server, "nothing.pli.test", code=3)[0].split(",")[0], "no such name")
    same(dns(server, "mx1.pli.test", "TLSA", code=3)[0].split(",")[0], "no such record")
    dns(server, "not ours.example", code=1)


def walls(server):
    server.need_rooms()
    said = room_out(server)["walls"].split()
    for wall in ("no-new-privs", "seccomp", "no-new-code"):
        if wall not in said:
            raise Fault("the room out is up without %s: %s" % (wall, said))


def killed(server):
    """It comes back, and what is asked meanwhile waits for it."""
    server.need_rooms()
    before = room_out(server)
    os.kill(before["pid"], signal.SIGKILL)
    same(dns(server, "a.wild.pli.test")[:1], ["A 192.0.2.77"])
    after = room_out(server)
    if after["pid"] == before["pid"] or after["restarts"] != before["restarts"] + 1:
        raise Fault("killed %r, and then there was %r" % (before, after))


def asked_again(server, names):
    """Killed while it waits for an answer: the successor is asked the same."""
    server.need_rooms()
    found = []
    asking = threading.Thread(target=lambda: found.append(server.cli("dns", "b.wild.pli.test", check=False).text))
    names.signal(signal.SIGSTOP)
    try:
        asking.start()
        until("the question is in out", lambda: "out/0 dns.lookup" in server.cli("ops"))
        os.kill(room_out(server)["pid"], signal.SIGKILL)
    finally:
        names.signal(signal.SIGCONT)
    asking.join(30)
    if not found or not found[0].startswith("A 192.0.2.77"):
        raise Fault("the answer was %r" % found)


def reloaded(server, names):
    """Questions go to where the settings of now say."""
    server.write("20-test.conf", "[dns-unbound]\nservers = 127.0.0.1@9\ntimeout = 2s\n")
    server.reload()
    dns(server, "c.wild.pli.test", code=1)
    server.write("20-test.conf", settings(names))
    server.reload()
    same(dns(server, "c.wild.pli.test")[:1], ["A 192.0.2.77"])


def validated():
    names = NameServer({"pli.test": ZONE, "signed.test": "www A 192.0.2.5\n", "bogus.test": "www A 192.0.2.6\n"})
    anchors = names.sign("signed.test") + names.sign("bogus.test")
    path = os.path.join(names.folder, "bogus.test")
    with open(path) as zone:
        text = zone.read()
    names.write("bogus.test", text.replace("192.0.2.6", "192.0.2.66"))
    with names:
        server = Server(settings=settings(names, "dnssec = yes\ntrust-anchor = data/dns-unbound/anchors\n"))
        os.makedirs(os.path.join(server.root, "data", "dns-unbound"), exist_ok=True)
        with open(os.path.join(server.root, "data", "dns-unbound", "anchors"), "w") as out:
            out.write(anchors)
        with server:
            signed = dns(server, "www.signed.test")
            same(signed[:1], ["A 192.0.2.5"])
            if "secure" not in signed[1]:
                raise Fault("signed, but %s" % signed[1])
            if "secure" not in dns(server, "nothing.signed.test", code=3)[0]:
                raise Fault("it is proven that there is no such name")
            dns(server, "www.bogus.test", code=1)
            plain = dns(server, "mx1.pli.test")
            if "secure" in plain[1]:
                raise Fault("not signed, but %s" % plain[1])


def of_the_system(names):
    """Without settings: the files that the room wants are readable behind its walls."""
    with Server(settings="[dns-unbound]\ndnssec = yes\n") as server:
        walls(server)
        if "dns.no-resolv-conf" in server.log():
            raise Fault("resolv.conf cannot be read")


def single(names):
    with Server(settings=settings(names), single=True) as server:
        types(server)


def body():
    with NameServer({"pli.test": ZONE}) as names:
        with Server(settings=settings(names)) as server:
            case("each type", types, server)
            case("walls are up", walls, server)
            case("out is killed, and comes back", killed, server)
            case("out is killed while it waits", asked_again, server, names)
            case("other servers at a reload", reloaded, server, names)
        case("resolver and anchor of the system", of_the_system, names)
        case("in a single process", single, names)
    case("signatures are checked", validated)


main(body, 240)
