#!/usr/bin/env python3
"""auth-ldap against a real slapd: the suite of directories over StartTLS, LDAPS, as the user and with a server that is down
before one that is up; certificates that are not right; users who send and read; what happens while slapd is away."""
import imaplib
import os
import time

import ldapserver
from pliserver import PASSWORD, Fault, Server, case, expect_ok, main

BOB, BOB_PASSWORD = "bob@one.example", "Secret.Bob1"


def suites(slapd):
    ldaps = "ldaps://127.0.0.1:%d" % slapd.tls_port
    dead = "ldap://127.0.0.1:%d" % ldapserver.free_port_other(slapd.port)
    alive = "ldap://127.0.0.1:%d" % slapd.port
    as_user = "bind-as = uid={user}," + ldapserver.BASE
    case("suite: search and bind, StartTLS", slapd.suite, slapd.settings())
    case("suite: LDAPS", slapd.suite, slapd.settings(ldaps))
    case("suite: bind as the user", slapd.suite, slapd.settings(more=as_user))
    case("suite: the first server is down", slapd.suite, slapd.settings(dead + " " + alive))
    case("suite: one connection each time", slapd.suite, slapd.settings(more="idle = 0\nremember = 0"))


def sign_in(server, login, password):
    """"OK", or what the server said instead."""
    with imaplib.IMAP4("127.0.0.1", server.port("imap"), timeout=30) as imap:
        try:
            return imap.login(login, password)[0]
        except imaplib.IMAP4.error as error:
            return str(error)


def expect(got, wanted):
    if wanted not in got:
        raise Fault("%r is not in %r" % (wanted, got))


def mail(server):
    with server.smtp("submission", tls="starttls") as smtp:
        smtp.login(BOB, BOB_PASSWORD)
        smtp.sendmail(BOB, ["eve@one.example", "sales+tag@one.example", "ann@example.test", "team@example.test"],
                      "From: <%s>\r\nSubject: hello\r\n\r\nHello.\r\n" % BOB)
    for login, password, n in (("eve@one.example", "Secret.Eve1", 2), (BOB, BOB_PASSWORD, 1), ("ann@example.test", PASSWORD, 1)):
        with imaplib.IMAP4("127.0.0.1", server.port("imap"), timeout=30) as imap:
            imap.login(login, password)
            wait(imap, n, login)


def wait(imap, n, who):
    end = time.monotonic() + 30
    while int(expect_ok(imap.select("INBOX"))[0]) != n:
        if time.monotonic() > end:
            raise Fault("%s has not %d messages" % (who, n))


def refused(server):
    for login, password in ((BOB, "wrong"), ("off@one.example", "Secret.Off1"), ("out@one.example", "Secret.Out1"),
                            ("ghost@one.example", "x")):
        expect(sign_in(server, login, password), "AUTHENTICATIONFAILED")
    with server.smtp("mx") as smtp:
        smtp.mail("x@sender.test")
        for rcpt, code in ((BOB, 250), ("off@one.example", 550), ("ghost@one.example", 550), ("bob@two.example", 550)):
            if smtp.rcpt(rcpt)[0] // 100 != code // 100:
                raise Fault("%s is not answered with %d" % (rcpt, code))


def down(server, slapd):
    slapd.stop()
    for _ in range(3):
        began = time.monotonic()
        expect(sign_in(server, BOB, BOB_PASSWORD), "UNAVAILABLE")
        with server.smtp("mx") as smtp:
            smtp.mail("x@sender.test")
            code = smtp.rcpt("bob+%g@one.example" % began)[0]
        if code // 100 != 4 or time.monotonic() - began > 5:
            raise Fault("recipient answered with %d after %.1f s" % (code, time.monotonic() - began))
    began = time.monotonic()
    expect(sign_in(server, "ann@example.test", PASSWORD), "OK")
    expect(sign_in(server, "ann", PASSWORD), "OK")
    with server.smtp("mx") as smtp:
        smtp.sendmail("x@sender.test", ["ann@example.test"], "Subject: while it is down\r\n\r\n.\r\n")
    if time.monotonic() - began > 5:
        raise Fault("local users waited for the directory")
    slapd.start()
    end = time.monotonic() + 15
    while sign_in(server, BOB, BOB_PASSWORD) != "OK":
        if time.monotonic() > end:
            raise Fault("the directory is back, and nobody notices")


def silent(server, slapd):
    """A server that takes connections and says nothing."""
    os.kill(slapd.process.pid, 19)
    try:
        began = time.monotonic()
        expect(sign_in(server, BOB, BOB_PASSWORD), "UNAVAILABLE")
        if time.monotonic() - began > 5:
            raise Fault("answered after %.1f s" % (time.monotonic() - began))
        began = time.monotonic()
        expect(sign_in(server, "ann@example.test", PASSWORD), "OK")
        if time.monotonic() - began > 3:
            raise Fault("a local user waited %.1f s" % (time.monotonic() - began))
    finally:
        os.kill(slapd.process.pid, 18)


def bad_certificate(slapd):
    """Nobody's password is sent to a server that cannot prove who it is."""
    other = os.path.join(slapd.folder, "other")
    os.mkdir(other)
    ldapserver.certificate(other)
    settings = slapd.settings().replace("ca-file = " + slapd.folder, "ca-file = " + other)
    with Server(accounts=["ann"], settings=settings, single=True) as server:
        expect(sign_in(server, BOB, BOB_PASSWORD), "UNAVAILABLE")
        expect(server.log(), "ldap.down")


def body():
    with ldapserver.Slapd() as slapd:
        suites(slapd)
        settings = slapd.settings(sources="local, ldap")
        server = Server(accounts=["ann"], settings=settings, single=SINGLE)
        server.cli("alias", "add", "team@example.test", "eve@one.example")
        with server:
            case("an LDAP user sends, LDAP and local users read", mail, server)
            case("wrong, locked, outside the group, unknown", refused, server)
            case("the directory is down", down, server, slapd)
            case("the directory is silent", silent, server, slapd)
        case("a certificate of another authority", bad_certificate, slapd)


SINGLE = False

if __name__ == "__main__":
    main(body, 300)
