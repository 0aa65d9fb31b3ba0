#!/usr/bin/env python3
"""The commands of README.md's "Five ways to use it", taken from its marked blocks and run in a temporary folder as a
newcomer types them, with what `make install` left: defaults, a plugin dropped in, a rule in Lua, another store, a module
built outside the tree. Only ports and `sudo` differ. What each leads to is checked by clients. Prints TAP."""
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile

import pliserver
from pliserver import Fault, PLI, SLOW, TOP, case, diag, die_with_parent, main, need_program, run, skip, until

BUILD = os.path.dirname(PLI)
WAYS = ["defaults", "serve", "send", "read", "drop", "undrop", "rule", "store", "module"]


def blocks():
    """{marker: commands} of README.md; Fault when a block has no marker, or a way no block."""
    with open(os.path.join(TOP, "README.md")) as readme:
        text = readme.read()
    found = re.findall(r"^<!-- fiveways: (\w+) -->\n```sh\n(.*?)^```$", text, re.M | re.S)
    if [name for name, _ in found] != WAYS or text.count("```sh\n") != len(WAYS):
        raise Fault("README.md has the blocks %s, wanted %s" % ([name for name, _ in found], WAYS))
    return dict(found)


class Newcomer:
    """A folder to type commands in, with an installed Pli of its own."""

    def __init__(self, folder):
        self.folder, self.server = folder, None
        self.base = pliserver.free_ports()
        self.typed = blocks()
        root = os.path.join(folder, "root")
        run(["make", "-C", BUILD, "--no-print-directory", "install", "DESTDIR=" + root], 300)
        prefix = self.prefix(root)
        self.plugins = os.path.join(prefix, "lib", "pli")
        for name in os.listdir(os.path.join(prefix, "lib", "pkgconfig")):
            self.as_if_installed(os.path.join(prefix, "lib", "pkgconfig", name), prefix)
        os.unlink(os.path.join(self.plugins, "filter-greylist.so"))         # what is dropped in is not there before
        os.symlink(BUILD, os.path.join(folder, "build"))
        self.env = dict(os.environ, PLI_PLUGIN_PATH=self.plugins,
                        PATH=os.path.join(prefix, "bin") + os.pathsep + os.environ["PATH"],
                        PKG_CONFIG_PATH=os.path.join(prefix, "lib", "pkgconfig"),
                        LD_LIBRARY_PATH=os.path.join(prefix, "lib"))

    @staticmethod
    def prefix(root):
        for path, _, files in os.walk(root):
            if os.path.basename(path) == "bin" and "pli" in files:
                return os.path.dirname(path)
        raise Fault("make install left no bin/pli")

    @staticmethod
    def as_if_installed(path, prefix):
        with open(path) as file:
            text = file.read()
        with open(path, "w") as file:
            file.write(re.sub(r"^prefix=.*", "prefix=" + prefix, text, flags=re.M))

    def commands(self, name):
        """Of a block, on free ports, without sudo."""
        text = re.sub(r"\b10(\d{3})\b", lambda found: str(self.base + int(found[1])), self.typed[name])
        return re.sub(r"\bsudo ", "", text)

    def type(self, commands, check=True):
        """What commands say; Fault, when that is asked for, unless all went well."""
        return run(["sh", "-e", "-c", commands], 180, None, self.env, check, self.folder).text

    def send(self, sender="bob@example.net", to="ann@example.test", subject="hello ann"):
        """Status and text of the last reply but QUIT's, to README's swaks with other words."""
        commands = self.commands("send").replace("bob@example.net", sender).replace("ann@example.test", to)
        said = self.type(commands.replace("hello ann", subject), False)
        replies = [found for found in re.findall(r"^<(?:-|\*\*|~\*) +(\d{3} .*)$", said, re.M) if found[:3] != "221"]
        if not replies:
            raise Fault("swaks said\n" + said)
        return replies[-1]

    def read(self, subject, account="ann@example.test", number=1):
        """README's curl, until the message is there."""
        commands = self.commands("read").replace("ann@example.test", account).replace("=1'", "=%d'" % number)

        def there():
            there.said = self.type(commands, False)
            return "Subject: %s" % subject in there.said
        try:
            until("a message to read", there)
        except Fault as fault:
            raise Fault("%s; curl said\n%s" % (fault, there.said))

    def expect(self, reply, **words):
        said = self.send(**words)
        if not said.startswith(reply):
            raise Fault("%s was answered %r, not %r" % (words, said, reply))

    def serve(self):
        """Types the commands of the first terminal, and comes back when the rooms are ready."""
        self.log = os.path.join(self.folder, "log")
        with open(self.log, "wb") as log:
            self.server = subprocess.Popen(["sh", "-e", "-c", "exec " + self.commands("serve")], cwd=self.folder,
                                           env=self.env, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                           start_new_session=True, preexec_fn=die_with_parent)
        until("the server is ready", lambda: "server.ready" in self.said() or self.server.poll() is not None)
        if self.server.poll() is not None:
            raise Fault("pli serve ended\n" + self.said())

    def said(self):
        with open(self.log, errors="replace") as log:
            return log.read()

    def close(self):
        if self.server and self.server.poll() is None:
            self.server.send_signal(signal.SIGINT)
            try:
                self.server.wait(30 * SLOW)
            except subprocess.TimeoutExpired:
                self.server.kill()
                raise Fault("the server does not end at SIGINT\n" + self.said()[-4000:])


def defaults(newcomer):
    newcomer.type(newcomer.commands("defaults"))
    newcomer.serve()
    newcomer.expect("250 2.0.0")
    newcomer.read("hello ann")


def dropped_in(newcomer):
    newcomer.expect("250 ", subject="before")
    newcomer.type(newcomer.commands("drop"))
    newcomer.expect("451 4.7.1 Greylisted", subject="between")
    newcomer.type(newcomer.commands("undrop"))
    if "filter-greylist" in newcomer.type("pli plugin list"):
        raise Fault("the plugin is still there")
    newcomer.expect("250 ", subject="after")
    newcomer.read("before", number=2)
    newcomer.read("after", number=3)


def rule(newcomer):
    newcomer.expect("250 ", sender="pest@example.net", subject="last of a pest")
    said = newcomer.type(newcomer.commands("rule"))
    if "pests.lua:2" not in said or "not from you" not in said:
        raise Fault("policy test does not name the line that refuses:\n" + said)
    newcomer.expect("550 5.7.1 not from you", sender="pest@example.net")
    newcomer.expect("250 ")


def store(newcomer):
    maildir = os.path.exists(os.path.join(newcomer.plugins, "store-maildir.so"))
    commands = newcomer.commands("store")
    newcomer.type(commands if maildir else commands.replace("= maildir", "= memory"))
    newcomer.expect("250 ", to="eve@files.test", subject="hello eve")
    newcomer.read("hello eve", "eve@files.test")
    where = [plugins_with(newcomer, "ann@example.test"), plugins_with(newcomer, "eve@files.test")]
    if where != [{"store-pack"}, {"store-maildir"} if maildir else set()]:
        raise Fault("ann's and eve's mail is kept by %s" % where)
    if not maildir:
        skip("the message is a file of a Maildir", "there is no store-maildir; the same was done with memory")
        return
    case("the message is a file of a Maildir", in_maildir, newcomer)


def plugins_with(newcomer, address):
    """Folders of data that have something on disk by the name of an account's mailbox."""
    accounts = json.loads(newcomer.type("pli --root mail --json account list"))
    account = next(one["account"] for one in accounts if one["name"] == address)
    data = os.path.join(newcomer.folder, "mail", "data")
    return {os.path.relpath(path, data).split(os.sep)[0] for path, folders, names in os.walk(data)
            if any(account in name for name in folders + names)}


def in_maildir(newcomer):
    kept = os.path.join(newcomer.folder, "mail", "data", "store-maildir")
    found = [os.path.join(path, name) for path, _, names in os.walk(kept) for name in names
             if re.search(r"/Maildir/(new|cur)$", path)]
    if len(found) != 1:
        raise Fault("files below data/store-maildir: %s" % found)
    with open(found[0], errors="replace") as message:
        if "Subject: hello eve" not in message.read():
            raise Fault(found[0] + " is another message")


def module(newcomer):
    newcomer.expect("250 ", sender="spam@example.net", subject="last of spam")
    newcomer.type(newcomer.commands("module"))
    newcomer.expect("550 5.7.1 not from you", sender="spam@example.net")
    newcomer.expect("250 ")


def body():
    need_program("swaks", "curl", "make", "cc", "pkg-config", "autoreconf", "libtoolize")
    if not os.path.exists(os.path.join(BUILD, "plugins", ".libs", "filter-greylist.so")):
        raise pliserver.Skip("the program is not in a build tree")
    folder = tempfile.mkdtemp(prefix="pli-fiveways-")
    os.chmod(folder, 0o755)
    newcomer = None
    try:
        newcomer = Newcomer(folder)
        if case("1: a server with defaults", defaults, newcomer):
            good = [case("2: a plugin dropped in, and taken away", dropped_in, newcomer),
                    case("3: a rule in Lua", rule, newcomer), case("4: another store", store, newcomer),
                    case("5: a module built outside the tree", module, newcomer)]
            if not all(good):
                diag("the log:", newcomer.said()[-4000:])
            case("the server ends at Ctrl-C", newcomer.close)
    finally:
        if newcomer:
            newcomer.close()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(body, 400)
