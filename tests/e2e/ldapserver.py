"""A real slapd for tests: a private folder, ports of 127.0.0.1, a certificate of an authority of its own.

    with ldapserver.Slapd () as slapd:
        settings = slapd.settings ()        # [directory] and [auth-ldap] of conf.d

Its people are those of tests/conformance/people.c: bob, eve, off (locked) and out (not in the group), in one.example.
bob is in the group `mail` by a group in a group in it, eve directly."""
import os
import shutil
import socket
import subprocess
import tempfile

from pliserver import PLI, Fault, Skip, die_with_parent, run, until

BASE = "dc=one,dc=example"
READER = "cn=reader," + BASE
SCHEMA = "/etc/ldap/schema"
MODULES = "/usr/lib/ldap"

CONF = """
include {schema}/core.schema
include {schema}/cosine.schema
include {schema}/inetorgperson.schema
attributetype ( 1.3.6.1.4.1.99999.1.1 NAME 'mailAlternateAddress' EQUALITY caseIgnoreIA5Match
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.26 )
attributetype ( 1.3.6.1.4.1.99999.1.2 NAME 'mailQuota' EQUALITY integerMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
objectclass ( 1.3.6.1.4.1.99999.2.1 NAME 'mailPerson' SUP top AUXILIARY MAY ( mailAlternateAddress $ mailQuota ) )
modulepath {modules}
moduleload back_mdb
moduleload ppolicy
pidfile {folder}/pid
TLSCACertificateFile {folder}/ca.pem
TLSCertificateFile {folder}/cert.pem
TLSCertificateKeyFile {folder}/key.pem
{security}
database mdb
suffix "{base}"
rootdn "cn=root,{base}"
rootpw root-secret
directory {folder}/db
maxsize 16777216
overlay ppolicy
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="{reader}" read by users read by * none
"""

PEOPLE = """
dn: {base}
objectClass: organization
objectClass: dcObject
o: One
dc: one

dn: {reader}
objectClass: person
cn: reader
sn: reader
userPassword: Secret.Reader1

"""

PERSON = """dn: uid={uid},{base}
objectClass: inetOrgPerson
objectClass: mailPerson
uid: {uid}
cn: {uid} One
sn: One
displayName: {name}
mail: {uid}@one.example
userPassword: Secret.{name}1
{more}

"""

GROUP = """dn: cn={name},{base}
objectClass: groupOfNames
cn: {name}
member: {member}
{more}

"""


def free_port():
    low, high = (int(x) for x in (os.environ.get("PLI_TEST_PORTS") or "20000-30000").split("-"))
    for port in range(low + os.getpid() % (high - low), high):
        with socket.socket() as one:
            try:
                one.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise Fault("no free port in %d-%d" % (low, high))


def certificate(folder, name="localhost"):
    """ca.pem, cert.pem and key.pem for `name` and 127.0.0.1."""
    if not shutil.which("openssl"):
        raise Skip("openssl is not installed")

    def openssl(*words):
        run(["openssl", *words], cwd=folder)
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test authority", "-keyout",
            "ca.key", "-out", "ca.pem")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=" + name, "-keyout", "key.pem", "-out", "req.pem")
    with open(os.path.join(folder, "ext"), "w") as out:
        out.write("subjectAltName=DNS:%s,IP:127.0.0.1\n" % name)
    openssl("x509", "-req", "-days", "2", "-in", "req.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
            "-extfile", "ext", "-out", "cert.pem")


class Slapd:
    def __init__(self, security=""):
        self.slapd = shutil.which("slapd") or "/usr/sbin/slapd"
        if not os.access(self.slapd, os.X_OK):
            raise Skip("slapd is not installed")
        self.folder = tempfile.mkdtemp(prefix="pli-slapd-")
        os.chmod(self.folder, 0o755)                    # rooms of other uids read ca.pem
        self.process = None
        try:
            self.make(security)
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    def make(self, security):
        os.mkdir(os.path.join(self.folder, "db"))
        certificate(self.folder)
        self.port, self.tls_port = free_port(), 0
        self.conf = os.path.join(self.folder, "slapd.conf")
        with open(self.conf, "w") as out:
            out.write(CONF.format(schema=SCHEMA, modules=MODULES, folder=self.folder, base=BASE, reader=READER,
                                  security=security))
        text = PEOPLE.format(base=BASE, reader=READER)
        for uid, more in (("bob", "mailAlternateAddress: sales@one.example\nmailQuota: 1000000"), ("eve", ""),
                          ("off", "pwdAccountLockedTime: 000001010000Z"), ("out", "")):
            text += PERSON.format(uid=uid, name=uid.capitalize(), base=BASE, more=more).replace("\n\n\n", "\n\n")
        for name, member, more in (("inner", "uid=bob," + BASE, ""), ("middle", "cn=inner," + BASE, ""),
                                   ("mail", "cn=middle," + BASE, "member: uid=eve,%s\nmember: uid=off,%s" % (BASE, BASE)),
                                   ("ring1", "cn=ring2," + BASE, "member: uid=out," + BASE),
                                   ("ring2", "cn=ring1," + BASE, "")):
            text += GROUP.format(name=name, member=member, base=BASE, more=more).replace("\n\n\n", "\n\n")
        run(["/usr/sbin/slapadd", "-f", self.conf], input=text.encode())

    def __enter__(self):
        try:
            self.tls_port = free_port_other(self.port)
            self.start()
            return self
        except BaseException:
            self.close()
            raise

    def __exit__(self, *unused):
        self.close()

    def start(self):
        urls = "ldap://127.0.0.1:%d/ ldaps://127.0.0.1:%d/" % (self.port, self.tls_port)
        with open(os.path.join(self.folder, "log"), "ab") as log:
            self.process = subprocess.Popen([self.slapd, "-d", "0", "-f", self.conf, "-h", urls],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            preexec_fn=die_with_parent)
        until("slapd answers", self.answers)

    def answers(self):
        if self.process.poll() is not None:
            raise Fault("slapd ended with exit code %d" % self.process.returncode)
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(20)

    def close(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def settings(self, uris=None, sources="ldap", more=""):
        """INI text; the reader searches, StartTLS with a checked certificate, the group `mail` is required."""
        return """[directory]
sources = %s
[auth-ldap]
uris = %s
domains = one.example
base = %s
bind-dn = %s
bind-password = Secret.Reader1
ca-file = %s/ca.pem
group = cn=mail,%s
%s
""" % (sources, uris or "ldap://127.0.0.1:%d" % self.port, BASE, READER, self.folder, BASE, more)

    def suite(self, settings):
        """Runs tests/conformance/people on this directory; Fault when it fails."""
        conf = os.path.join(self.folder, "suite.conf")
        with open(conf, "w") as out:
            out.write(settings)
        run_suite(conf)


def free_port_other(taken):
    """A second one; the first is not bound yet."""
    while True:
        port = free_port()
        if port != taken:
            return port
        with socket.socket() as hold:
            hold.bind(("127.0.0.1", taken))
            return free_port()


def run_suite(conf):
    program = os.path.join(os.path.dirname(PLI), "tests", "conformance", "people")
    if not os.access(program, os.X_OK):
        raise Skip("tests/conformance/people is not built")
    plugins = os.path.join(os.path.dirname(PLI), "plugins", ".libs")
    env = dict(os.environ, PLI_TEST_DIRECTORY="auth-ldap", PLI_TEST_DIRECTORY_CONF=conf, PLI_PLUGIN_PATH=plugins)
    run([program], 120, env=env)
