#!/usr/bin/env python3
"""A filter in the room smtp asks somebody over a connection (<pli/connect.h>), in a whole server behind its walls: the
room `out` connects, the filter talks, by TCP and by path; only to what conf.d names; down, dying and coming back. The
filter is tests/plugins/filter-probe.c."""
import os
import shutil
import signal
import socket
import tempfile
import threading

from pliserver import PLI, Fault, Server, Skip, case, main

PLUGIN = os.path.join(os.path.dirname(PLI), "tests", "plugins", ".libs", "filter-probe.so")


class Scanner(threading.Thread):
    """Says yes to senders with a y in front."""

    def __init__(self, path=None):
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_UNIX if path else socket.AF_INET)
        self.socket.bind(path or ("127.0.0.1", 0))
        if path:
            os.chmod(path, 0o666)
        self.socket.listen(50)
        self.name_in_conf = path or "127.0.0.1:%d" % self.socket.getsockname()[1]
        self.asked = 0
        self.start()

    def run(self):
        while True:
            try:
                one, _ = self.socket.accept()
            except OSError:
                return
            with one:
                line = one.makefile().readline()
                self.asked += 1
                one.sendall(b"yes\n" if line.startswith("MAIL y") else b"no\n")

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.join(10)


class Probed:
    """A server with the filter, and a folder that all may enter."""

    def __init__(self, settings, **options):
        if not os.path.exists(PLUGIN):
            raise Skip("filter-probe is not built")
        self.folder = tempfile.mkdtemp(prefix="pli-probe-")
        os.chmod(self.folder, 0o755)
        shutil.copy(PLUGIN, self.folder)
        path = ":".join(filter(None, (self.folder, os.environ.get("PLI_PLUGIN_PATH"))))
        self.server = Server(accounts=["ann"], settings=settings, env=dict(os.environ, PLI_PLUGIN_PATH=path), **options)

    def __enter__(self):
        return self.server.__enter__()

    def __exit__(self, *why):
        try:
            return self.server.__exit__(*why)
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)


def settings(scanner, more=""):
    return "[filter-probe]\nscanner = %s\n%s" % (scanner, more)


def mail(server, sender, code):
    with server.smtp() as smtp:
        said = smtp.mail(sender + "@sender.test")
        if said[0] != code:
            raise Fault("MAIL FROM:<%s@…>: %r instead of %d" % (sender, said, code))


def asks(server, scanner):
    before = scanner.asked
    for _ in range(5):
        mail(server, "yes", 250)
        mail(server, "no", 550)
    if scanner.asked != before + 10:
        raise Fault("asked %d times, not 10" % (scanner.asked - before))


def killed(server):
    server.need_rooms()
    out = next(room for room in server.status()["rooms"] if room["room"] == "out/0")
    os.kill(out["pid"], signal.SIGKILL)
    mail(server, "yes", 250)
    mail(server, "no", 550)


def elsewhere(server, scanner):
    """The port beside the one that is named: `out` refuses, whatever listens there."""
    before = scanner.asked
    server.write("20-test.conf", settings("127.0.0.1:%d" % (int(scanner.name_in_conf.split(":")[1]) - 1), "elsewhere = 1\n"))
    server.reload()
    mail(server, "yes", 451)
    if scanner.asked != before:
        raise Fault("the scanner was reached")
    if "does not name" not in server.log():
        raise Fault("nobody says why")


def down(server, scanner):
    server.write("20-test.conf", settings(scanner.name_in_conf))
    server.reload()
    mail(server, "yes", 250)
    scanner.close()
    mail(server, "yes", 451)


def tcp(**options):
    scanner = Scanner()
    with Probed(settings(scanner.name_in_conf), **options) as server:
        name = "one process: " if options else ""
        case(name + "a filter asks", asks, server, scanner)
        case(name + "out is killed, and comes back", killed, server)
        case(name + "no other address than conf.d names", elsewhere, server, scanner)
        case(name + "nobody listens", down, server, scanner)


def by_path(folder):
    scanner = Scanner(os.path.join(folder, "named"))
    with Probed(settings(scanner.name_in_conf)) as server:
        asks(server, scanner)


def path_came_later(folder):
    """`out` can make no sockets of paths unless settings named one at its start, and says so."""
    first, later = Scanner(), Scanner(os.path.join(folder, "later"))
    with Probed(settings(first.name_in_conf)) as server:
        server.need_rooms()
        asks(server, first)
        server.write("20-test.conf", settings(later.name_in_conf))
        server.reload()
        mail(server, "yes", 451)
        if "restart it" not in server.log():
            raise Fault("nobody says that a restart is needed")


def body():
    tcp()
    tcp(single=True)
    with tempfile.TemporaryDirectory(prefix="pli-sockets-") as folder:
        os.chmod(folder, 0o755)
        case("by path", by_path, folder)
        case("by a path that was not there at the start", path_came_later, folder)


main(body, 240)
