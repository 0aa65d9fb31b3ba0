#!/usr/bin/env python3
"""Nobody relays here, and nobody writes as somebody else: every listener is offered each trick that has opened a relay
somewhere. RFC 5321 3.9, 4.1.1.3, C; RFC 2505 2.1; RFC 6409 4.3, 6.1. A recipient that is answered 250 must be a local one,
and what is queued for elsewhere is counted at the end: only what a signed-in client wrote may be there.
"""
import hostile
from hostile import ANN, BOB, DOMAIN, Fault

D = DOMAIN.encode()
# None of these may be accepted from a stranger.
TRICKS = [
    b"<victim@remote.test>",
    b"<victim@remote.test.>",
    b"<victim@REMOTE.TEST>",
    b"<@%s:victim@remote.test>" % D,
    b"<@%s,@other.test:victim@remote.test>" % D,
    b"<@remote.test:victim@remote.test>",
    b"<victim%%remote.test@%s>" % D,
    b"<\"victim@remote.test\"@%s>" % D,
    b"<victim@remote.test@%s>" % D,
    b"<%s!victim@remote.test>" % D,
    b"<remote.test!victim@%s>" % D,
    b"<\"remote.test!victim\"@%s>" % D,
    b"<victim@[127.0.0.1]>",
    b"<ann@[127.0.0.1]>",
    b"<victim@[IPv6:::1]>",
    b"<ann@[IPv6:::ffff:127.0.0.1]>",
    b"<victim@[remote.test]>",
    b"<victim@%s@remote.test>" % D,
    b"<victim@remote.test,ann@%s>" % D,
    b"<victim@remote.test ann@%s>" % D,
    b"<victim@remote.test\tann@%s>" % D,
    b"<victim@remote.test\\@%s>" % D,
    b"<victim\\@remote.test@%s>" % D,
    b"<\"victim\\@remote.test\"@%s>" % D,
    b"<victim@%s.remote.test>" % D,
    b"<victim@remote%%2etest>",
    b"<victim@remote.test#@%s>" % D,
    b"<victim@remote.test%%00@%s>" % D,
    b"<victim@\"remote.test\">",
    b"<victim@remote.test>@%s>" % D,
    b"<victim@remote.test> <ann@%s>" % D,
    b"<ann@%s> <victim@remote.test>" % D,
    b"<ann@%s>,<victim@remote.test>" % D,
    b"<ann@%s> ORCPT=rfc822;victim@remote.test" % D,
    b"ann@%s,victim@remote.test" % D,
    b"victim@remote.test",
    b"<victim@xn--remote-.test>",
    "<victim@exámple.test>".encode(),
    "<víctim@remote.test>".encode(),
    "<ann@ｅxample.test>".encode(),
    "<ann@example。test>".encode(),
    "<ann＠remote.test@example.test>".encode(),
    b"<ann\xff@remote.test>",
    b"<ann@\xff%s>" % D,
    b"<ann@%s.>" % D,
    b"<ann@.%s>" % D,
    b"<ann@%s:25>" % D,
    b"<postmaster@remote.test>",
    b"<postmaster@[192.0.2.1]>",
    b"<>",
    b"<@>",
    b"<@%s>" % D,
    b"<ann@>",
    b"< ann@remote.test>",
    b"<|/bin/sh@%s>" % D,
    b"</var/spool/mail@%s>" % D,
    b"<\"|id\"@%s>" % D,
    b"<../../etc/passwd@%s>" % D,
    b"<:include:/etc/passwd@%s>" % D,
    b"<\"\"@%s>" % D,
    b"<" + b"a" * 65 + b"@remote.test>",
    b"<a@" + b"b." * 130 + b"test>",
]
FORGED = [b"<bob@%s>" % D, b"<bob@EXAMPLE.TEST>", b"<\"bob\"@%s>" % D, b"<ann@remote.test>", b"<postmaster@%s>" % D,
          b"<nobody@%s>" % D, b"<@%s:bob@%s>" % (D, D), b"<ann%%x@%s>" % D, b"<ann@%s.>" % D, b"<ann@[127.0.0.1]>",
          b"<bob+ann@%s>" % D, b"<ann@sub.%s>" % D, "<ánn@example.test>".encode()]


def offered(server, listener, login=None):
    """The recipients that were accepted."""
    taken = []
    wire = None
    for trick in TRICKS:
        if wire is None:
            wire = hostile.smtp(server, listener)
            if login and wire.code(b"AUTH PLAIN " + hostile.plain(login)) != 235:
                raise Fault("cannot sign in")
        sender = b"<ann@%s>" % D if login else b"<x@else.test>"
        code = wire.code(b"MAIL FROM:" + sender)
        code = wire.code(b"RCPT TO:" + trick) if code == 250 else code
        if code == 250:
            taken.append(trick)
        elif code and code < 400:
            raise Fault("%r is answered %d" % (trick, code))
        if wire.code(b"RSET") != 250:      # too many errors: that is one of the answers
            wire.close()
            wire = None
    return taken


def strangers(server, listener):
    taken = offered(server, listener)
    if taken:
        raise Fault("a stranger may send to %r" % taken)


def submission_wants_login(server, listener):
    with hostile.smtp(server, listener) as wire:
        for line in (b"MAIL FROM:<%s>" % ANN.encode(), b"MAIL FROM:<>", b"RCPT TO:<%s>" % BOB.encode(), b"DATA"):
            code = wire.code(line)
            if code not in (503, 530, 554):
                raise Fault("%r without a login: %d" % (line, code))


def no_login_on(server, listener):
    with hostile.smtp(server, listener) as wire:
        code = wire.code(b"AUTH PLAIN " + hostile.plain("ann"))
        if code // 100 != 5:
            raise Fault("AUTH on %s is answered %d" % (listener, code))
        if wire.code(b"MAIL FROM:<%s>" % ANN.encode()) != 250:
            raise Fault("MAIL is refused")
        code = wire.code(b"RCPT TO:<victim@remote.test>")
        if code // 100 != 5:
            raise Fault("relayed after an AUTH that was refused: %d" % code)


def wrong_login(server, listener):
    for secret in (hostile.plain("ann", "wrong"), hostile.plain("nobody"), b"=", b"AAAA", b"!!!!", b"AGFubg=="):
        with hostile.smtp(server, listener) as wire:
            code = wire.code(b"AUTH PLAIN " + secret, seconds=60)
            if code == 235:
                raise Fault("%r signs in" % secret)
            code = wire.code(b"MAIL FROM:<%s>" % ANN.encode())
            if code not in (0, 421, 530):
                raise Fault("MAIL after a failed login: %d" % code)


def forged(server, listener):
    for sender in FORGED:
        with hostile.smtp(server, listener) as wire:
            if wire.code(b"AUTH PLAIN " + hostile.plain("ann")) != 235:
                raise Fault("cannot sign in")
            code = wire.code(b"MAIL FROM:" + sender)
            if code // 100 != 5:
                raise Fault("ann may write as %r: %d" % (sender, code))


def own_addresses(server, listener):
    for sender in (b"<ann@%s>", b"<ANN@%s>", b"<ann+tag@%s>"):
        with hostile.smtp(server, listener) as wire:
            if wire.code(b"AUTH PLAIN " + hostile.plain("ann")) != 235:
                raise Fault("cannot sign in")
            code = wire.code(b"MAIL FROM:" + sender % D)
            if code != 250:
                raise Fault("ann may not write as %r: %d" % (sender % D, code))


def login_of_another(server):
    """RFC 4616: an authorization identity that is somebody else's."""
    import base64

    for who in (BOB, "postmaster@" + DOMAIN, "bob"):
        with hostile.smtp(server, "submission") as wire:
            secret = base64.b64encode(b"%s\0%s\0%s" % (who.encode(), ANN.encode(), hostile.PASSWORD.encode()))
            code = wire.code(b"AUTH PLAIN " + secret)
            if code == 235:
                raise Fault("ann signs in as " + who)


def sender_cannot_write_fields(server):
    """What the envelope says stands in trace fields: it must not become fields of its own."""
    for sender in (b"<\"a\\\rX-Evil: 1\"@else.test>", b"<\"a\\\nX-Evil: 1\"@else.test>", b"<a@else.test>\rX-Evil: 1"):
        with hostile.smtp(server) as wire:
            code = wire.code(b"MAIL FROM:" + sender)
            if code == 250:
                raise Fault("%r is taken" % sender)


def signed_in_goes_out(server):
    with hostile.smtp(server, "submission") as wire:
        if wire.code(b"AUTH PLAIN " + hostile.plain("ann")) != 235:
            raise Fault("cannot sign in")
        for line, want in ((b"MAIL FROM:<%s>" % ANN.encode(), 250), (b"RCPT TO:<friend@remote.test>", 250), (b"DATA", 354)):
            code = wire.code(line)
            if code != want:
                raise Fault("%r: %d" % (line, code))
        wire.send(hostile.MESSAGE + b".\r\n")
        if wire.code() != 250:
            raise Fault("a client that signed in cannot write elsewhere")
    hostile.until("it waits for a transport", lambda: "friend@remote.test" in server.cli("queue", "list"))


def queue_is_clean(server):
    listed = [line for line in server.cli("queue", "list").splitlines() if "remote.test" in line]
    strange = [line for line in listed if "friend@remote.test" not in line]
    if strange or len(listed) != 1:
        raise Fault("the queue holds what no one may send:\n" + "\n".join(listed))


def body():
    with hostile.Server(settings=hostile.STAYS) as server, hostile.watch(server):
        for listener in ("mx", "lmtp"):
            hostile.case("no stranger relays by " + listener, strangers, server, listener)
            hostile.case("no login on " + listener, no_login_on, server, listener)
        for listener in ("submission", "submissions"):
            hostile.case("no stranger relays by " + listener, strangers, server, listener)
            hostile.case(listener + " wants a login", submission_wants_login, server, listener)
            hostile.case("a failed login opens nothing on " + listener, wrong_login, server, listener)
        for listener in ("submission", "submissions"):
            hostile.case("own addresses on " + listener, own_addresses, server, listener)
            hostile.case("no forged sender on " + listener, forged, server, listener)
        hostile.case("no login as another", login_of_another, server)
        hostile.case("a sender cannot write header fields", sender_cannot_write_fields, server)
        hostile.case("who signed in may write elsewhere", signed_in_goes_out, server)
        hostile.case("nothing of strangers is queued", queue_is_clean, server)
        hostile.case("the server is well", hostile.check_alive, server)


if __name__ == "__main__":
    hostile.main(body, 300)
