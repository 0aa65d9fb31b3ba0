#!/usr/bin/env python3
"""Mail to another host, through a whole server: taken after some tries, returned once with a report that explains itself,
by the routes that are set, with `out` killed in between; and what `pli queue`, `pli route test` and `pli explain` say of
it. The other host is the test's own (remotehost.py). Prints TAP."""
import email
import json
import os
import signal
import sys

import pliserver
from pliserver import DOMAIN, Fault, Skip, case, until

SETTINGS = """[queue-log]
retry-first = 200ms
retry-max = 1s
[route default]
relay = 127.0.0.1:%d
tls = none
[route special]
relay = 127.0.0.1:%d
tls = none
domains = special.test
"""
RULES = {"RCPT TO:<later@": ["451 4.7.1 come back in a while"] * 3 + ["250 2.1.5 ok"],
         "RCPT TO:<never": ["550 5.1.1 no such user over there"],
         "RCPT TO:<wait@": ["452 4.2.2 mailbox full"]}


def send(server, *rcpts, text="hello"):
    with server.smtp("submission", login="ann") as smtp:
        smtp.sendmail("ann@" + DOMAIN, rcpts, "From: ann@%s\r\nSubject: %s\r\n\r\nhi\r\n" % (DOMAIN, text))


def rows(server):
    lines = server.cli("queue", "list", "--json").splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")]


def empty(server):
    until("the queue being empty\n%s" % server.cli("queue", "list"), lambda: not rows(server), 60)


def arrived(host, text):
    with host.lock:
        return [one for one in host.messages if b"Subject: " + text.encode() + b"\r\n" in one[2]]


def by_route(server, host, special):
    send(server, "a@away.test", "b@special.test", "c@away.test", text="routed")
    empty(server)
    if len(arrived(host, "routed")) != 1 or len(arrived(host, "routed")[0][1]) != 2:
        raise Fault("the default route got %s" % arrived(host, "routed"))
    if len(arrived(special, "routed")) != 1:
        raise Fault("the special route got %s" % arrived(special, "routed"))


def later(server, host):
    send(server, "later@away.test", text="patient")
    empty(server)
    if len(arrived(host, "patient")) != 1:
        raise Fault("it came %d times" % len(arrived(host, "patient")))
    until("the ledger hearing of it", lambda: " sent by " in server.cli("explain", "later@away.test"))
    story = server.cli("explain", "later@away.test")
    for part in ("deferred by queue-log", "451 4.7.1 come back in a while", "sent by queue-log", "peer=127.0.0.1"):
        if part not in story:
            raise Fault("explain does not say %r:\n%s" % (part, story))
    if story.count("451 4.7.1") < 3:
        raise Fault("explain does not tell each try:\n" + story)


def returned(server, host):
    before = server.count("ann")
    send(server, "never1@away.test", "ok@away.test", "never2@away.test", text="returned")
    empty(server)
    server.wait_count("ann", before + 1)
    with server.imap("ann") as imap:
        imap.select("INBOX", readonly=True)
        report = email.message_from_bytes(imap.fetch("%d" % (before + 1), "(BODY.PEEK[])")[1][0][1])
    if report.get_content_type() != "multipart/report":
        raise Fault("no report: %s" % report)
    text = report.get_payload(0).get_payload()
    for part in ("<never1@away.test>", "<never2@away.test>", "550 5.1.1 no such user over there", "127.0.0.1",
                 "Check how the address is spelt"):
        if part not in text:
            raise Fault("the report does not say %r:\n%s" % (part, text))
    fields = [part.as_string() for part in report.get_payload(1).get_payload()]
    if sum("Status: 5.1.1" in one and "Action: failed" in one for one in fields) != 2:
        raise Fault("the report's fields: %s" % fields)


def listed(server):
    send(server, "wait@away.test", text="listed")
    row = until("a first try", lambda: [one for one in rows(server) if one["tries"] > 0])[0]
    if row["route"] != "default" or "452 4.2.2 mailbox full" not in row["reason"]:
        raise Fault("queue list says %s" % row)
    shown = server.cli("queue", "show", row["id"])
    for part in ("route default", "452 4.2.2 mailbox full", "Subject: listed"):
        if part not in shown:
            raise Fault("queue show does not say %r:\n%s" % (part, shown))
    if server.cli("queue", "retry", "--domain", "elsewhere.test").strip() != "0 recipients":
        raise Fault("another domain is tried")
    server.cli("queue", "delete", "--domain", "away.test")
    empty(server)


def planned(server):
    for address, parts in (("x@away.test", ("route default", "transport smtp", "127.0.0.1")),
                           ("x@special.test", ("route special: its domains cover this one", "transport smtp")),
                           ("ann@" + DOMAIN, ("directory: local", "delivered to account"))):
        said = server.cli("route", "test", address)
        for part in parts:
            if part not in said:
                raise Fault("route test %s does not say %r:\n%s" % (address, part, said))


def out_dies(server, host):
    """While the host keeps a message waiting for its answer, the room is killed: it is sent again, at least once."""
    server.need_rooms()
    with host.lock:
        host.rules["end"] = ["close", "250 2.0.0 ok"]
    send(server, "x@away.test", text="cut off")
    pid = {room["room"].split("/")[0]: room["pid"] for room in server.status()["rooms"]}["out"]
    os.kill(pid, signal.SIGKILL)
    send(server, "y@away.test", text="meanwhile")
    empty(server)
    for text in ("cut off", "meanwhile"):
        if not arrived(host, text):
            raise Fault("%r did not arrive" % text)


def body():
    plugins = os.path.join(os.path.dirname(pliserver.PLI), "plugins", ".libs")
    if os.path.isdir(plugins) and not os.path.exists(os.path.join(plugins, "deliver-smtp.so")):
        raise Skip("deliver-smtp is not built")
    from remotehost import Remote

    with Remote(rules=RULES) as host, Remote() as special, \
            pliserver.Server(accounts=["ann"], settings=SETTINGS % (host.port, special.port)) as server:
        case("by the routes that are set, each message once a route and domain", by_route, server, host, special)
        case("taken at the fourth try, each try explained", later, server, host)
        case("returned once, for all that was refused, with what was said", returned, server, host)
        case("listed with route, reply and tries; deleted by domain", listed, server)
        case("route test says where mail would go", planned, server)
        case("the room out may die", out_dies, server, host)


if __name__ == "__main__":
    sys.exit(pliserver.main(body, 300))
