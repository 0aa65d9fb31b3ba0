#!/usr/bin/env python3
"""auth-ldap against a real Samba AD domain controller: the suite of directories; a user in a nested group sends by submission
and reads by IMAP and POP3 with curl, msmtp and getmail; a disabled and an expired one cannot; the controller goes away."""
import os
import re
import time

import sambaserver
from pliserver import PASSWORD, Fault, Server, Skip, case, main, need_program, run, until

BOB, BOB_PASSWORD = "bob@one.example", "Secret.Bob1"
GETMAIL = """
[retriever]
type = SimplePOP3Retriever
server = 127.0.0.1
port = %d
username = %s
password = %s
timeout = 10
[destination]
type = Maildir
path = %s/
[options]
delete = false
verbose = 1
"""


def curl(url, login, password, *words, check=True, input=None):
    need_program("curl")
    return run(["curl", "-sS", "--insecure", "--ssl-reqd", "--max-time", "20", "--user", "%s:%s" % (login, password), url,
                *words], 30, check=check, input=input)


def imap_url(server):
    return "imap://127.0.0.1:%d/INBOX" % server.port("imap")


def unseen(server, login, password):
    """Numbers of the messages in the INBOX."""
    said = curl(imap_url(server), login, password, "--request", "SEARCH ALL").text
    return re.findall(r"\d+", said)


def sends(server):
    need_program("msmtp")
    run(["msmtp", "--host=127.0.0.1", "--port=%d" % server.port("submission"), "--tls=on", "--tls-starttls=on",
         "--tls-certcheck=off", "--auth=plain", "--user=" + BOB, "--passwordeval=echo " + BOB_PASSWORD, "--from=" + BOB,
         "eve@one.example", "sales+tag@one.example", "ann@example.test"], 30,
        input=b"From: bob@one.example\r\nSubject: from the domain\r\n\r\nHello.\r\n")
    for login, password in (("eve@one.example", "Secret.Eve1"), (BOB, BOB_PASSWORD), ("ann@example.test", PASSWORD)):
        until("%s has the message" % login, lambda: unseen(server, login, password) == ["1"])


def short_login(server):
    """As people of a Windows domain type it: sAMAccountName, or the user principal name."""
    for login in ("bob", "BOB@one.example"):
        if unseen(server, login, BOB_PASSWORD) != ["1"]:
            raise Fault("%s is not bob" % login)


def reads(server):
    for kind in ("imap", "pop3"):
        said = curl("%s://127.0.0.1:%d/%s" % (kind, server.port(kind), "INBOX;MAILINDEX=1" if kind == "imap" else "1"), BOB,
                    BOB_PASSWORD).text
        if "Subject: from the domain" not in said:
            raise Fault("%s shows\n%s" % (kind, said))


def getmail(server):
    need_program("getmail")
    folder = os.path.join(server.root, "getmail")
    for name in ("cur", "new", "tmp"):
        os.makedirs(os.path.join(folder, "box", name))
    with open(os.path.join(folder, "getmailrc"), "w") as out:
        out.write(GETMAIL % (server.port("pop3"), BOB, BOB_PASSWORD, os.path.join(folder, "box")))
    os.system("chmod -R a+rwX " + folder)
    run(["getmail", "--getmaildir", folder, "--rcfile", "getmailrc"], 40, user=65534, env={"HOME": folder,
        "PATH": os.environ["PATH"]})
    if len(os.listdir(os.path.join(folder, "box", "new"))) != 1:
        raise Fault("getmail did not fetch one message")


def cannot(server, login, password):
    done = curl(imap_url(server), login, password, check=False)
    if done.returncode != 67:
        raise Fault("%s: curl exits with %d\n%s" % (login, done.returncode, done.text))
    if server.log().count("login=" + login) == 0:
        raise Fault("the log does not say why")


def closed(server, samba):
    cannot(server, "off@one.example", "Secret.Off1")
    cannot(server, "out@one.example", "Secret.Out1")
    with server.smtp("mx") as smtp:
        smtp.mail("x@sender.test")
        for rcpt, code in (("eve@one.example", 2), ("off@one.example", 5), ("out@one.example", 5)):
            if smtp.rcpt(rcpt)[0] // 100 != code:
                raise Fault("%s is not answered with %d.." % (rcpt, code))
    samba.tool("user", "setexpiry", "eve", "--days=0")
    cannot(server, "eve@one.example", "Secret.Eve1")
    samba.tool("user", "setexpiry", "eve", "--noexpiry")
    samba.tool("user", "disable", "eve")
    cannot(server, "eve@one.example", "Secret.Eve1")


def down(server, samba):
    samba.stop()
    began = time.monotonic()
    done = curl(imap_url(server), BOB, BOB_PASSWORD, "-v", check=False)
    if "UNAVAILABLE" not in done.text or time.monotonic() - began > 5:
        raise Fault("after %.1f s:\n%s" % (time.monotonic() - began, done.text))
    began = time.monotonic()
    if unseen(server, "ann@example.test", PASSWORD) != ["1"] or time.monotonic() - began > 5:
        raise Fault("a local user waited %.1f s" % (time.monotonic() - began))
    samba.start()
    until("the controller is back", lambda: curl(imap_url(server), BOB, BOB_PASSWORD, check=False).returncode == 0)


def body():
    sambaserver.enter_namespace()
    with sambaserver.Samba() as samba:
        starttls = "ldap://127.0.0.1:389"
        case("suite: search and bind, LDAPS", samba.suite, samba.settings())
        case("suite: StartTLS", samba.suite, samba.settings(starttls))
        case("suite: bind as the user", samba.suite, samba.settings(more="bind-as = {user}@one.example"))
        with Server(accounts=["ann"], settings=samba.settings(sources="local, ldap"), single=SINGLE) as server:
            case("a user in a nested group sends", sends, server)
            case("and signs in by a short name", short_login, server)
            case("and reads by IMAP and POP3", reads, server)
            case("and fetches by getmail", getmail, server)
            case("disabled, expired and outside the group cannot", closed, server, samba)
            case("the controller is down", down, server, samba)


SINGLE = False

if __name__ == "__main__":
    main(body, 400)
