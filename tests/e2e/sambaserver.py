"""A real Samba AD domain controller for tests: provisioned in a private folder, run in a network namespace of its own, since
its ports are fixed. Whoever wants it runs again inside that namespace: enter_namespace ().

Its people are those of tests/conformance/people.c: bob (also sales@, a proxyAddress), eve, off (disabled), out (not in the
group), in one.example. bob is in the group `mail` by a group in a group in it."""
import os
import shutil
import socket
import subprocess
import sys
import tempfile

import ldapserver
from pliserver import Fault, Skip, die_with_parent, run, until

BASE = "DC=one,DC=example"
USERS = "CN=Users," + BASE
ADMIN_PASSWORD = "Secret.Admin1"
INSIDE = "PLI_TEST_NAMESPACE"

PEOPLE = """
dn: CN=bob,{users}
changetype: modify
replace: mail
mail: bob@one.example
-
replace: proxyAddresses
proxyAddresses: SMTP:bob@one.example
proxyAddresses: smtp:sales@one.example
proxyAddresses: X500:/o=One/cn=bob

dn: CN=eve,{users}
changetype: modify
replace: proxyAddresses
proxyAddresses: smtp:old.eve@one.example
proxyAddresses: SMTP:eve@one.example

dn: CN=off,{users}
changetype: modify
replace: mail
mail: off@one.example

dn: CN=out,{users}
changetype: modify
replace: mail
mail: out@one.example
"""


def need_samba():
    for program in ("samba", "samba-tool", "ldbmodify", "unshare", "ip"):
        if not shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin:/sbin"):
            raise Skip("%s is not installed" % program)
    if not os.path.isdir("/usr/share/samba/setup/ad-schema"):
        raise Skip("samba-ad-provision is not installed")
    if os.getuid() != 0:
        raise Skip("Samba's ports want root")


def enter_namespace():
    """Runs this program again, alone with a loopback interface; returns inside."""
    need_samba()
    if os.environ.get(INSIDE):
        subprocess.run(["/sbin/ip", "link", "set", "lo", "up"], check=True)
        return
    if subprocess.run(["unshare", "-n", "true"]).returncode != 0:
        raise Skip("no network namespaces here")
    sys.stdout.flush()
    os.execvpe("unshare", ["unshare", "-n", sys.executable, *sys.argv], dict(os.environ, **{INSIDE: "1"}))


class Samba:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="pli-samba-")
        os.chmod(self.folder, 0o755)                    # rooms of other uids read ca.pem
        self.process = None
        try:
            self.provision()
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    def provision(self):
        ldapserver.certificate(self.folder, "dc1.one.example")
        os.chmod(os.path.join(self.folder, "key.pem"), 0o600)
        options = {"interfaces": "lo", "bind interfaces only": "yes", "log file": self.folder + "/log.%m",
                   "tls keyfile": self.folder + "/key.pem", "tls certfile": self.folder + "/cert.pem",
                   "tls cafile": self.folder + "/ca.pem", "pid directory": self.folder + "/run",
                   "lock directory": self.folder + "/lock", "ncalrpc dir": self.folder + "/ncalrpc",
                   "ldap server require strong auth": "yes", "server services": "ldap"}
        os.mkdir(self.folder + "/run")
        words = ["samba-tool", "domain", "provision", "--realm=ONE.EXAMPLE", "--domain=ONE", "--server-role=dc",
                 "--dns-backend=NONE", "--adminpass=" + ADMIN_PASSWORD, "--targetdir=" + self.folder + "/dc",
                 "--host-ip=127.0.0.1", "--host-name=dc1", "--option=vfs objects="]
        run(words + ["--option=%s=%s" % one for one in options.items()], 200)
        self.conf = self.folder + "/dc/etc/smb.conf"
        text = open(self.conf).read()
        head, tail = text.split("[global]", 1)
        lines = [x for x in tail.splitlines() if x.split("=")[0].strip() not in options]
        with open(self.conf, "w") as out:
            out.write(head + "[global]\n" + "".join("\t%s = %s\n" % one for one in options.items()) + "\n".join(lines))
        self.fill()

    def tool(self, *words):
        run(["samba-tool", *words, "-s", self.conf], 60)

    def fill(self):
        for name in ("bob", "eve", "off", "out"):
            self.tool("user", "create", name, "Secret.%s1" % name.capitalize(), "--use-username-as-cn")
        self.tool("user", "create", "reader", "Secret.Reader1", "--use-username-as-cn")
        for group in ("inner", "middle", "mail", "ring1", "ring2"):
            self.tool("group", "add", group)
        for group, members in (("inner", "bob"), ("middle", "inner"), ("mail", "middle,eve,off"), ("ring1", "ring2,out"),
                               ("ring2", "ring1")):
            self.tool("group", "addmembers", group, members)
        self.tool("user", "disable", "off")
        run(["ldbmodify", "-H", self.folder + "/dc/private/sam.ldb"],
            input=PEOPLE.format(users=USERS).encode())

    def __enter__(self):
        try:
            self.start()
            return self
        except BaseException:
            self.close()
            raise

    def __exit__(self, kind, *unused):
        self.close()

    def start(self):
        with open(os.path.join(self.folder, "log"), "ab") as log:
            self.process = subprocess.Popen(["/usr/sbin/samba", "-F", "-M", "single", "--no-process-group", "-s", self.conf],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                                            preexec_fn=die_with_parent)
        until("Samba answers", self.answers, 60)

    def answers(self):
        if self.process.poll() is not None:
            raise Fault("samba ended with exit code %d\n%s" % (
                self.process.returncode, open(self.folder + "/log", errors="replace").read()[-3000:]))
        try:
            for port in (389, 636):
                socket.create_connection(("127.0.0.1", port), 1).close()
            return True
        except OSError:
            return False

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(20)

    def close(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def settings(self, uris="ldaps://127.0.0.1:636", sources="ldap", more="", reader="reader@one.example"):
        """INI text; LDAPS with a checked certificate; the group `mail` is required."""
        return """[directory]
sources = %s
[auth-ldap]
preset = ad
uris = %s
domains = one.example
base = %s
bind-dn = %s
bind-password = Secret.Reader1
ca-file = %s/ca.pem
group = CN=mail,%s
%s
""" % (sources, uris, BASE, reader, self.folder, USERS, more)

    def suite(self, settings):
        conf = os.path.join(self.folder, "suite.conf")
        with open(conf, "w") as out:
            out.write(settings)
        ldapserver.run_suite(conf)
