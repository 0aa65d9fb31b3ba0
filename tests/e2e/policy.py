#!/usr/bin/env python3
"""Rules in Lua on a running server: refused, put off, discarded, quarantined, marked; names waited for; reloaded without a
cut session; a script that does not load is refused and the old one stays; what runs for ever hurts nobody. `pli explain`
names the line of each. Prints TAP."""
import os

from pliserver import DOMAIN, Fault, Server, case, expect_ok, main, until

RULES = """
pli.on ("rcpt", function (txn, rcpt)
  if txn.sender == "bad@example.org" then
    return pli.reject { code = 554, status = "5.7.9", "%s is not welcome", txn.sender_domain }
  elseif txn.sender == "later@example.org" then
    return pli.defer { status = "4.7.9", "come back" }
  elseif txn.sender == "lost@example.org" then
    return pli.discard "nobody wants it"
  elseif txn.sender == "loop@example.org" then
    while true do end
  elseif txn.sender == "huge@example.org" then
    local s = ("x"):rep (1024 * pli.MiB)
  elseif txn.sender == "hostile@example.org" then
    return (("a"):rep (1000)):find (("a*"):rep (30) .. "b")
  elseif txn.sender == "ask@example.org" then
    local who = pli.lookup ("nobody@" .. rcpt.domain)
    return pli.reject { "the other one is %s", who.kind }
  end
end)

pli.on ("headers", function (txn, msg)
  if msg.header.subject == "odd" then return pli.quarantine "odd subject" end
end)

pli.on ("message", function (txn, msg)
  msg:add_header ("X-Rule", "version 1, " .. #msg.parts .. " part")
end)

pli.on ("deliver", function (msg, rcpt)
  if rcpt.user ~= "ann" then return end
  local subject = msg.header.subject
  if subject == "file me" then return pli.file ("Filed/here", { flags = { "\\\\Seen" } }) end
  if subject == "redirect me" then return pli.redirect "bob@example.test" end
  if subject == "copy me" then return pli.copy "bob@example.test" end
  if subject == "drop me" then return pli.discard "by a rule of ann's" end
end)
"""


def write_rules(server, text):
    folder = os.path.join(server.root, "lua")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "policy.lua"), "w") as out:
        out.write(text)


def line_of(text):
    return RULES[:RULES.index(text)].count("\n") + 1


def send(server, sender, subject="hello"):
    """The reply to a message; the last code and text."""
    with server.smtp("mx") as smtp:
        code, text = smtp.mail(sender)
        if code == 250:
            code, text = smtp.rcpt("ann@" + DOMAIN)
        if code == 250:
            code, text = smtp.data("Subject: %s\r\nMessage-ID: <%s@example.org>\r\n\r\nbody\r\n" % (subject, subject))
    return code, text.decode()


def replies(server):
    for sender, code, text in (("bad@example.org", 554, "5.7.9 example.org is not welcome"),
                               ("later@example.org", 451, "4.7.9 come back"),
                               ("ask@example.org", 550, "5.7.1 the other one is unknown"),
                               ("lost@example.org", 250, "2.0.0"), ("good@example.org", 250, "2.0.0")):
        got = send(server, sender)
        if got[0] != code or not got[1].startswith(text):
            raise Fault("%s was answered %r" % (sender, got))


def explained(server, sender, *words):
    def check():
        text = server.cli("explain", sender, check=False).text
        return all(word in text for word in words)
    try:
        until("explained", check, 10)
    except Fault:
        raise Fault("%s: %s" % (words, server.cli("explain", sender, check=False).text))


def explanations(server):
    explained(server, "bad@example.org", "policy-lua", "policy.lua:%d" % line_of("return pli.reject { code = 554"))
    explained(server, "later@example.org", "policy-lua", "policy.lua:%d" % line_of("return pli.defer"))
    explained(server, "lost@example.org", "discarded", "policy.lua:%d" % line_of("return pli.discard"))


def marked(server):
    server.wait_count("ann", 1)
    with server.imap("ann") as imap:
        expect_ok(imap.select("INBOX"))
        header = expect_ok(imap.fetch("1", "(BODY.PEEK[HEADER])"))[0][1]
    if b"X-Rule: version 1, 1 part" not in header:
        raise Fault(header.decode())


def placed(server):
    """At delivery: filed with a flag, sent to another mailbox, copied, discarded; each once."""
    for subject in ("file me", "redirect me", "copy me", "drop me"):
        code, text = send(server, "good@example.org", subject)
        if code != 250:
            raise Fault("%d %s" % (code, text))
    server.wait_count("ann", 2)
    server.wait_count("bob", 2)

    def filed():
        with server.imap("ann") as imap:
            return (imap.select('"Filed/here"', readonly=True)[0] == "OK"
                    and expect_ok(imap.search(None, "SEEN"))[0] == b"1")
    until("a message in Filed/here that is read", filed)
    explained(server, "good@example.org", "policy.lua:%d" % line_of("return pli.file"),
              "policy.lua:%d" % line_of("return pli.redirect"), "policy.lua:%d" % line_of("return pli.copy"),
              "policy.lua:%d" % line_of("return pli.discard \"by a rule"))


def quarantined(server):
    code, text = send(server, "good@example.org", "odd")
    if code != 250:
        raise Fault("%d %s" % (code, text))

    def found():
        with server.imap("ann") as imap:
            for line in expect_ok(imap.list()):
                name = line.decode().rsplit(" ", 1)[1].strip('"')
                expect_ok(imap.select(name, readonly=True))
                if expect_ok(imap.search(None, "HEADER", "X-Pli-Quarantine", "policy-lua"))[0]:
                    return True
        return False
    until("a message marked X-Pli-Quarantine", found)


def runaways(server):
    pids = server.rooms()
    for sender, why in (("loop@example.org", "instructions"), ("huge@example.org", "not enough memory"),
                        ("hostile@example.org", "instructions")):
        code, text = send(server, sender)
        if code != 451:
            raise Fault("%s was answered %d %s" % (sender, code, text))
        explained(server, sender, "policy-lua", "policy.lua:", why)
    if send(server, "good@example.org")[0] != 250:
        raise Fault("nothing goes on")
    if server.rooms() != pids:
        raise Fault("a room died")


def reloaded(server):
    with server.smtp("mx") as open_before:
        write_rules(server, RULES.replace("version 1", "version 2").replace("not welcome", "unwelcome"))
        server.reload()
        if not send(server, "bad@example.org")[1].endswith("unwelcome"):
            raise Fault("the old rule is still in force")
        if open_before.noop()[0] != 250:
            raise Fault("a session was cut")


def refused(server):
    server.need_rooms()
    write_rules(server, RULES + "\npli.on (\"dta\", function () end)\n")
    done = server.cli("reload", check=False)
    if done.returncode == 0 or "policy.lua:%d: there is no stage" % (RULES.count("\n") + 2) not in done.text:
        raise Fault("exit code %d: %s" % (done.returncode, done.text))
    if server.cli("check", check=False).returncode != 6:
        raise Fault("pli check is content with it")
    if not send(server, "bad@example.org")[1].endswith("unwelcome"):
        raise Fault("the rules before are not in force any more")


def body():
    with Server(["ann", "bob"]) as server:
        case("a new server has rules that are right", lambda: server.cli("policy", "check"))
        write_rules(server, RULES)
        server.reload()
        case("each sender is answered as the rule says", replies, server)
        case("explain names the lines", explanations, server)
        case("a header is added", marked, server)
        case("messages are filed, redirected, copied and discarded at delivery", placed, server)
        case("a message is quarantined", quarantined, server)
        case("what runs for ever or takes all is put off, and hurts nobody", runaways, server)
        case("new rules are in force after a reload, and nothing is cut", reloaded, server)
        case("rules that do not load are refused with file and line", refused, server)


if __name__ == "__main__":
    main(body, 180)
