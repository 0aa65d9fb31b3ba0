#!/usr/bin/env python3
"""`pli store migrate`: an account goes to another store and back, killed on the way again and again, and nothing that a
client can see differs. $MESSAGES: how many, $KILLS: how often the server is killed."""
import os
import random
import subprocess
import time

import dovecot
from pliserver import DOMAIN, PLI, Fault, Server, case, expect_ok, main

MESSAGES = int(os.environ.get("MESSAGES") or 600)
KILLS = int(os.environ.get("KILLS") or 4)
WORDS = ["red", "$Forwarded", "work"]


def fill(server):
    """By LMTP, with flags, keywords and gaps; and mailboxes with roles, subscriptions and a deleted parent."""
    with server.smtp("lmtp") as lmtp:
        for n in range(MESSAGES):
            lmtp.sendmail("x@example.org", ["ann@" + DOMAIN], dovecot.message(n, 1 + n % 50))
    server.wait_count("ann", MESSAGES, 300)
    with server.imap("ann") as imap:
        for name in ("Lists/a", "Lists/b", "Entw&APw-rfe"):
            expect_ok(imap.create(name))
        expect_ok(imap.delete("Lists"))
        expect_ok(imap.subscribe("Lists/a"))
        expect_ok(imap.unsubscribe("Junk"))
        expect_ok(imap.select("INBOX"))
        for at, word in enumerate(WORDS):
            expect_ok(imap.uid("STORE", "%d:%d" % (1 + 20 * at, 30 + 40 * at), "+FLAGS", r"(\Seen %s)" % word))
        expect_ok(imap.uid("STORE", "5:9,%d" % MESSAGES, "+FLAGS", r"(\Deleted)"))
        expect_ok(imap.expunge())
        expect_ok(imap.uid("COPY", "20:60", "Lists/a"))
        expect_ok(imap.append("Drafts", r"(\Draft \Flagged)", dovecot.DATE, dovecot.message(9, 3000)))


def uidls(server):
    pop3 = server.pop3("ann")
    listed = pop3.uidl()[1]
    pop3.quit()
    return listed


def seen(server):
    """What a client sees, and UIDNEXT apart from it: a killed server may go on counting a thousand higher."""
    with server.imap("ann") as imap:
        have = dovecot.snapshot(imap)
    subscribed = have.pop("subscribed")
    nexts = {name: one[1] for name, one in have.items()}
    have = {name: (one[0], one[2]) for name, one in have.items()}
    have["subscribed"], have["UIDL"] = subscribed, uidls(server)
    return have, nexts


def move(server, to):
    server.cli("store", "migrate", "ann@" + DOMAIN, "--to", to, seconds=600)


def move_with_kills(server, to, kills):
    """The server is killed while the command runs; then the same command again."""
    for _ in range(kills):
        words = [PLI, "--root", server.root, "store", "migrate", "ann@" + DOMAIN, "--to", to]
        command = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        try:
            command.wait(random.uniform(0.05, 0.2 + MESSAGES / 4000))
        except subprocess.TimeoutExpired:
            pass
        server.kill()
        command.wait(60)
        command.stdout.close()
        server.start()
    move(server, to)


def there_and_back(server):
    before, nexts = seen(server)
    for to in ("maildir", "pack"):
        began = time.monotonic()
        move_with_kills(server, to, KILLS // 2)
        print("# to %s: %.1f s" % (to, time.monotonic() - began), flush=True)
        after, higher = seen(server)
        dovecot.compare(before, after, "in store " + to)
        for name, number in nexts.items():
            if higher[name] < number:
                raise Fault("UIDNEXT of %s fell from %d to %d" % (name, number, higher[name]))


def mail_follows(server):
    """Deliveries for a moved account reach it, whatever store the directory names; a command that is repeated says so."""
    move(server, "maildir")
    before = server.count("ann")
    with server.smtp("lmtp") as lmtp:
        for name in ("ann", "bob"):
            lmtp.sendmail("x@example.org", [name + "@" + DOMAIN], dovecot.message(1))
    server.wait_count("ann", before + 1)
    server.wait_count("bob", 1)
    move(server, "maildir")
    server.stop()
    server.start()
    if server.count("ann") != before + 1:
        raise Fault("after a restart there are %d messages, not %d" % (server.count("ann"), before + 1))


def refuses(server):
    """Neither an account that is not there, nor a store that is not there, nor one that has mail of its own."""
    for name, to in (("nobody", "maildir"), ("bob", "nowhere"), ("bob", "memory")):
        done = server.cli("store", "migrate", "%s@%s" % (name, DOMAIN), "--to", to, check=False)
        if done.returncode == 0:
            raise Fault("%s was moved to %s: %s" % (name, to, done.text))
    if server.count("bob") != 1:
        raise Fault("bob has %d messages, not 1" % server.count("bob"))
    server.write("30-cat.conf", "[domain %s]\nstore = maildir\n" % DOMAIN)
    server.reload()
    server.add_account("cat")
    with server.imap("cat") as imap:
        expect_ok(imap.append("INBOX", "", dovecot.DATE, dovecot.message(1)))
    server.write("30-cat.conf", "[domain %s]\nstore = pack\n" % DOMAIN)
    server.reload()
    done = server.cli("store", "migrate", "cat@" + DOMAIN, "--to", "maildir", check=False)
    if done.returncode == 0 or "of its own" not in done.text:
        raise Fault("mail of its own was overwritten: " + done.text)
    if server.count("cat") != 0:
        raise Fault("the account is not where it was")


def called_off(server):
    """A move that was begun and is not wanted any more."""
    before = seen(server)
    words = [PLI, "--root", server.root, "store", "migrate", "ann@" + DOMAIN, "--to", "pack"]
    command = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    try:
        command.wait(0.1)
    except subprocess.TimeoutExpired:
        pass
    command.kill()
    command.wait(60)
    move(server, "maildir")
    dovecot.compare(before[0], seen(server)[0], "called off")


def body():
    with Server(["ann", "bob"]) as server:
        case("%d messages" % MESSAGES, fill, server)
        case("there and back, killed %d times" % KILLS, there_and_back, server)
        case("mail follows", mail_follows, server)
        case("a move called off", called_off, server)
        case("what cannot be moved", refuses, server)


if __name__ == "__main__":
    main(body, 1500)
