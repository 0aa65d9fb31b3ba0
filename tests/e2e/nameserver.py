"""A name server (NSD) with zones of the test's own, on a free port of 127.0.0.1; dies with the test.

    with nameserver.NameServer ({"pli.test": "@ MX 10 mx1\n…"}) as names: … names.port

A zone's text has neither $ORIGIN nor SOA: they are put in front. sign () makes keys and signatures (ldnsutils)."""
import glob
import os
import shutil
import signal
import socket
import subprocess
import tempfile

from pliserver import Fault, Skip, die_with_parent, run, until

HEAD = "$ORIGIN %s.\n$TTL 300\n@ SOA ns.pli.test. hostmaster.pli.test. 1 3600 600 86400 60\n@ NS ns.pli.test.\n"
CONF = """server:
 ip-address: 127.0.0.1@{port}
 username: ""
 chroot: ""
 database: ""
 do-ip6: no
 server-count: 1
 rrl-ratelimit: 0
 zonesdir: "{folder}"
 pidfile: "{folder}/pid"
 logfile: "{folder}/log"
 zonelistfile: "{folder}/list"
 xfrdfile: "{folder}/xfrd"
 xfrdir: "{folder}"
remote-control:
 control-enable: no
"""


def program(name):
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if not found:
        raise Skip("%s is not installed" % name)
    return found


def free_port():
    """For UDP and TCP."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one, socket.socket() as two:
            one.bind(("127.0.0.1", 0))
            try:
                two.bind(one.getsockname())
                return one.getsockname()[1]
            except OSError:
                continue


class NameServer:
    def __init__(self, zones):
        self.nsd = program("nsd")
        self.folder = tempfile.mkdtemp(prefix="pli-nsd-")
        self.port, self.process, self.zones = free_port(), None, list(zones)
        for name, text in zones.items():
            self.write(name, HEAD % name + text)

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w") as out:
            out.write(text)

    def sign(self, zone):
        """Before the start; returns the zone's key as a trust anchor."""
        for tool in ("ldns-keygen", "ldns-signzone"):
            program(tool)
        base = run(["ldns-keygen", "-k", "-a", "ECDSAP256SHA256", zone], cwd=self.folder).text.split()[0]
        run(["ldns-signzone", "-f", zone, zone, base], cwd=self.folder)
        with open(os.path.join(self.folder, base + ".key")) as key:
            return key.read()

    def start(self):
        conf = CONF.format(port=self.port, folder=self.folder)
        for zone in self.zones:
            conf += 'zone:\n name: "%s"\n zonefile: "%s"\n' % (zone, zone)
        self.write("nsd.conf", conf)
        self.process = subprocess.Popen([self.nsd, "-d", "-c", os.path.join(self.folder, "nsd.conf")],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, start_new_session=True,
                                        preexec_fn=die_with_parent)
        until("nsd answers", self.answers)

    def answers(self):
        if self.process.poll() is not None:
            with open(os.path.join(self.folder, "log")) as log:
                raise Fault("nsd ended: " + log.read())
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
            one.settimeout(0.2)
            try:
                one.connect(("127.0.0.1", self.port))
                one.send(bytes([0x70, 0x6c, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 6, 0, 1]))
                return len(one.recv(512)) > 11
            except OSError:
                return False

    def signal(self, number):
        """To all its processes."""
        os.killpg(self.process.pid, number)

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *unused):
        if self.process:
            self.signal(signal.SIGCONT)
            self.signal(signal.SIGTERM)
            self.process.wait(30)
        for path in glob.glob(os.path.join(self.folder, "*")):
            os.unlink(path)
        os.rmdir(self.folder)
