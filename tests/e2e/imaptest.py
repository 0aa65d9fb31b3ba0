#!/usr/bin/env python3
"""ImapTest's scripts, as far as they need no extension that is not announced: each must pass. Skipped where the
folder of test data or its runner is not there."""
import os
import re
import sys

from pliserver import DOMAIN, PASSWORD, TESTDATA, Fault, Server, Skip, case, main, run

SCRIPTS = os.path.join(TESTDATA, "imaptest", "scripts")
RUNNER = os.path.join(TESTDATA, "..", "tools", "imaptest", "run_imaptest.py")


def names():
    """Scripts of what IMAP4rev1 asks for; BINARY (RFC 3516) is an extension."""
    if not os.path.isdir(SCRIPTS) or not os.path.exists(RUNNER):
        raise Skip("no %s" % (SCRIPTS if os.path.exists(RUNNER) else RUNNER))
    return sorted(name for name in os.listdir(SCRIPTS) if "." not in name and "binary" not in name)


def one(server, name, *more):
    """One script, with an account of its own."""
    account = "t-%s@%s" % (re.sub(r"\W", "-", name), DOMAIN)
    done = run([sys.executable, RUNNER, SCRIPTS, "127.0.0.1", str(server.port("imap")), account, PASSWORD,
                "--only", "^%s$" % re.escape(name), "--verbose", *more], 120, check=False)
    if done.returncode != 0 or "1 passed, 0 failed, 0 skipped" not in done.text:
        raise Fault(done.text[-6000:])


def body():
    scripts = names()
    with Server(["t-" + re.sub(r"\W", "-", name) for name in scripts]) as server:
        for name in scripts:
            case(name, one, server, name)
        for name in ("append", "fetch"):
            case(name + " with synchronizing literals", one, server, name, "--sync-literals")


if __name__ == "__main__":
    main(body, 300)
