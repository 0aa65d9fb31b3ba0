#!/usr/bin/env python3
"""Signing in with clients of Debian's: gsasl (SCRAM-SHA-256-PLUS over TLS too, by IMAP and SMTP), msmtp, swaks, curl and Python, each
mechanism that they know; wrong passwords slow down and block over all protocols."""
import imaplib
import os
import poplib
import smtplib
import time

from pliserver import DOMAIN, PASSWORD, Fault, Server, case, main, need_program, run, until

LOGIN = "ann@" + DOMAIN
SETTINGS = """[auth-front]
failure-delay = 50ms
login-failures-max = 6
client-failures-max = 0
known-client-memory = 0
"""


def gsasl(server, protocol, port, mechanism, password=PASSWORD, right=True):
    need_program("gsasl")
    # Its client of SCRAM without -PLUS gives up by itself where TLS has a channel binding.
    plain = ["--no-starttls"] if mechanism == "SCRAM-SHA-256" else []
    done = run(["gsasl", "--connect", "127.0.0.1:%d" % server.port(port), "--" + protocol, "--mechanism", mechanism,
                "--authentication-id", LOGIN, "--authorization-id", "", "--password", password, "--x509-ca-file", "",
                "--hostname", "localhost", "--service", protocol] + plain, 30, input=b"", check=False)
    signed_in = "235 2.7.0" in done.text or "OK [CAPABILITY" in done.text.split("AUTHENTICATE")[-1]
    if signed_in != right:
        raise Fault("gsasl %s %s:\n%s" % (protocol, mechanism, done.text))


def msmtp(server, method):
    need_program("msmtp")
    done = run(["msmtp", "--host=127.0.0.1", "--port=%d" % server.port("submission"), "--tls=on", "--tls-starttls=on",
                "--tls-certcheck=off", "--auth=" + method, "--user=" + LOGIN, "--passwordeval=echo '%s'" % PASSWORD,
                "--from=" + LOGIN, LOGIN], 30, input=b"Subject: msmtp\r\n\r\nHello.\r\n", check=False)
    if done.returncode != 0:
        raise Fault("msmtp %s: exit code %d\n%s" % (method, done.returncode, done.text))


def swaks(server, mechanism):
    need_program("swaks")
    run(["swaks", "--server", "127.0.0.1", "--port", str(server.port("submission")), "--tls", "--auth", mechanism,
         "--auth-user", LOGIN, "--auth-password", PASSWORD, "--from", LOGIN, "--to", LOGIN], 30)


def curl(server, url, mechanism):
    need_program("curl")
    run(["curl", "-sS", "--insecure", "--ssl-reqd", "--login-options", "AUTH=" + mechanism, "--user",
         "%s:%s" % (LOGIN, PASSWORD), url], 30)


def offered(server):
    with server.smtp("submission", tls="starttls") as smtp:
        smtp.ehlo()
        said = smtp.esmtp_features["auth"].split()
    if said != ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "PLAIN", "LOGIN"]:
        raise Fault("offered under TLS: %s" % said)
    with server.imap() as imap:
        if "AUTH=SCRAM-SHA-256-PLUS" in imap.capabilities or "AUTH=SCRAM-SHA-256" not in imap.capabilities:
            raise Fault("offered without TLS: %s" % (imap.capabilities,))


def fails(server, number):
    """One wrong password, by each protocol in turn."""
    try:
        if number % 3 == 0:
            with imaplib.IMAP4("127.0.0.1", server.port("imap"), timeout=30) as imap:
                imap.login(LOGIN, "wrong")
        elif number % 3 == 1:
            with smtplib.SMTP("127.0.0.1", server.port("submission"), timeout=30) as smtp:
                smtp.login(LOGIN, "wrong")
        else:
            pop3 = poplib.POP3("127.0.0.1", server.port("pop3"), timeout=30)
            pop3.user(LOGIN)
            pop3.pass_("wrong")
    except (imaplib.IMAP4.error, smtplib.SMTPAuthenticationError, poplib.error_proto):
        return
    raise Fault("a wrong password was right")


def may_sign_in(server):
    try:
        with imaplib.IMAP4("127.0.0.1", server.port("imap"), timeout=30) as imap:
            imap.login(LOGIN, PASSWORD)
        return True
    except imaplib.IMAP4.error:
        return False


def blocks(server):
    for number in range(6):
        began = time.monotonic()
        fails(server, number)
        if time.monotonic() - began < 0.05 * 2 ** number:
            raise Fault("failure %d was answered after %.3f s" % (number, time.monotonic() - began))
    if may_sign_in(server):
        raise Fault("six failures, by three protocols, do not block")
    if "auth.blocked" not in server.log():
        raise Fault("the log does not tell of the block")
    server.need_rooms()
    until("the ledger tells of it", lambda: "blocked" in server.cli("explain", LOGIN, check=False).text)
    server.cli("account", "unblock", LOGIN)
    if not may_sign_in(server):
        raise Fault("unblocked, and still blocked")


def body():
    with Server(accounts=["ann"], settings=SETTINGS) as server:
        case("mechanisms offered", offered, server)
        for protocol, port in (("imap", "imap"), ("smtp", "submission")):
            for mechanism in ("SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "PLAIN", "LOGIN"):
                case("gsasl: %s %s" % (protocol, mechanism), gsasl, server, protocol, port, mechanism)
            case("gsasl: %s, wrong password" % protocol, gsasl, server, protocol, port, "SCRAM-SHA-256", "wrong", False)
        for method in ("scram-sha-256", "plain", "login"):
            case("msmtp: " + method, msmtp, server, method)
        for mechanism in ("PLAIN", "LOGIN"):
            case("swaks: " + mechanism, swaks, server, mechanism)
        for mechanism in ("PLAIN", "LOGIN"):            # Debian's curl is built without libgsasl
            case("curl: imap " + mechanism, curl, server, "imap://127.0.0.1:%d/" % server.port("imap"), mechanism)
            case("curl: pop3 " + mechanism, curl, server, "pop3://127.0.0.1:%d/" % server.port("pop3"), mechanism)
        case("wrong passwords slow down and block", blocks, server)


if __name__ == "__main__":
    os.environ.setdefault("LC_ALL", "C.UTF-8")
    main(body, 240)
