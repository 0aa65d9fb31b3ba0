#!/usr/bin/env python3
"""A directory in a room of its own is believed only about its own domains and accounts, reaches no file and no path socket,
and may crash: people of other sources notice nothing."""
import os
import shutil
import sys
import tempfile

import hostile
import misbehave
from hostile import Fault, Skip

sys.path.insert(0, os.path.join(hostile.pliserver.TOP, "tests", "e2e"))
import plugins                                                      # noqa: E402

SETTINGS = "[directory]\nsources = local, vouch\n[auth-vouch]\ndomains = vouch.test\n[domain vouch.test]\n"


def sign_in(server, name):
    """TRUE when IMAP says OK."""
    with hostile.Wire(server.port("imap")) as wire:
        wire.until(rb"^\* OK[^\r]*\r\n")
        wire.send(b'a LOGIN %s secret\r\n' % name.encode())
        said = wire.until(rb"^a [^\r]*\r\n")
        return said.splitlines()[-1].startswith(b"a OK")


def expect(server, name, good):
    if sign_in(server, name) != good:
        raise Fault("%s: %s" % (name, "refused" if good else "signed in"))


def refused(server, name, why):
    expect(server, name, False)
    hostile.until("an event", lambda: why in server.log(), 10)


def recipients(server):
    with hostile.smtp(server) as wire:
        wire.code(b"MAIL FROM:<x@else.test>")
        codes = {name: wire.code(b"RCPT TO:<%s@vouch.test>" % name) for name in (b"good", b"nobody", b"thief")}
    if codes != {b"good": 250, b"nobody": 550, b"thief": 451}:
        raise Fault("answered %r" % codes)


def crash(server):
    """Only its own room dies, and what others ask of it meanwhile is asked again."""
    before = server.rooms_now()
    expect(server, "crash@vouch.test", False)
    expect(server, "good@vouch.test", True)
    with server.imap("ann") as imap:
        hostile.pliserver.expect_ok(imap.select())
    after = server.rooms_now()
    changed = [name for name in before if before[name] != after[name]]
    if len(changed) != 1 or not changed[0].startswith("host/"):
        raise Fault("rooms were %s, are %s" % (before, after))


def body():
    folder = tempfile.mkdtemp(prefix="pli-sources-")
    os.chmod(folder, 0o755)
    try:
        if not os.path.exists(os.path.join(os.path.dirname(hostile.pliserver.PLI), "plugins", ".libs", "auth-front.so")):
            raise Skip("no plugin asks several directories")
        hostile.pliserver.run(plugins.compiler() + [os.path.join(misbehave.SOURCES, "vouch.c"), "-o",
                                                    os.path.join(folder, "auth-vouch.so")])
        with hostile.Server(settings=SETTINGS, env=dict(os.environ, PLI_PLUGIN_PATH=folder)) as server:
            server.need_rooms()
            hostile.case("its own people sign in", expect, server, "good@vouch.test", True)
            hostile.case("within its walls", expect, server, "walls@vouch.test", True)
            hostile.case("it names another's account", refused, server, "thief@vouch.test", "not its own")
            hostile.case("it vouches for another domain", refused, server, "other@vouch.test", "not bound")
            hostile.case("it is not asked for other domains", expect, server, "good@example.test", False)
            hostile.case("recipients", recipients, server)
            hostile.case("it crashes", crash, server)
    except Skip as why:
        hostile.skip("sources", str(why))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    hostile.main(body, 120)
