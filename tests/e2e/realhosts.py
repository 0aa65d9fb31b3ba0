"""Debian's Postfix and Exim as other people's hosts: each in a private folder, on addresses of 127.0.0.0/8 that are its
own, with mailboxes of its own; both offer STARTTLS, take mail for `domains` from anybody, and send the rest on from
127.0.0.0/8 to `next_hop`. They end with the test, by their process ids. Both need root, as these servers do.

Exim's package conflicts with Postfix's: where it is not installed it is fetched with apt-get and unpacked here. What it
wants of the machine (its user) is put in its place in a mount namespace of its own."""
import glob
import os
import shutil
import signal
import socket
import subprocess
import tempfile

from pliserver import SLOW, Skip, die_with_parent, need_program, run, until

PATHS = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
EXIM_PACKAGES = ["exim4-daemon-light", "exim4-base", "libdb5.3", "libgnutls-dane0", "libidn12"]


def need_root():
    if os.geteuid() != 0:
        raise Skip("only root can start this server")


def certificate(folder, name):
    """A pair of files; the certificate is its own authority."""
    need_program("openssl")
    key, pem = os.path.join(folder, name + ".key"), os.path.join(folder, name + ".pem")
    run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=" + name, "-addext", "subjectAltName=DNS:" + name, "-keyout", key, "-out", pem])
    os.chmod(key, 0o644)
    return pem, key


def with_mounts(*pairs):
    """Words in front of a command: it sees the first file of each pair in the place of the second."""
    if run(["unshare", "-m", "true"], check=False).returncode != 0:
        raise Skip("no mount namespaces here")
    script = "".join('mount --bind "%s" "%s" && ' % pair for pair in pairs) + 'exec "$0" "$@"'
    return ["unshare", "-m", "sh", "-c", script]


class Host:
    """A folder, and a process that listens."""

    def __init__(self, address, port):
        need_root()
        self.address, self.port, self.process = address, port, None
        self.certificate = None
        self.folder = tempfile.mkdtemp(prefix="pli-host-")
        os.chmod(self.folder, 0o755)

    def __enter__(self):
        try:
            self.start()
            until("%s:%d answers" % (self.address, self.port), self.answers)
        except BaseException:
            self.__exit__()
            raise
        return self

    def answers(self):
        try:
            with socket.create_connection((self.address, self.port), 5 * SLOW) as one:
                return one.recv(4) == b"220 "
        except OSError:
            return False

    def __exit__(self, *unused):
        if self.process:
            try:
                os.killpg(self.process.pid, signal.SIGTERM)
                self.process.wait(20)
            except (OSError, subprocess.TimeoutExpired):
                self.process.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def write(self, name, text):
        with open(self.path(name), "w") as out:
            out.write(text)

    def run_forever(self, words):
        with open(self.path("output"), "ab") as log:
            self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            start_new_session=True, preexec_fn=die_with_parent)

    def messages(self):
        """Bytes of each message that it has delivered."""
        found = []
        for path in sorted(glob.glob(self.path("mail", "*", "new", "*"))):
            with open(path, "rb") as file:
                found.append(file.read())
        return found


class Postfix(Host):
    def __init__(self, address, port, domains, next_hop, name="postfix.pli.test"):
        super().__init__(address, port)
        if not shutil.which("postfix", path=PATHS):
            raise Skip("postfix is not installed")
        self.name, self.domains, self.next_hop = name, domains, next_hop

    def start(self):
        for name in ("queue", "data", "mail"):
            os.mkdir(self.path(name))
        shutil.chown(self.path("data"), "postfix")
        os.chown(self.path("mail"), 20000, 20000)
        pem, key = self.certificate or certificate(self.folder, self.name)
        self.write("main.cf", """compatibility_level = 3.6
queue_directory = {0}/queue
data_directory = {0}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {0}/log
maillog_file_prefixes = {0}
myhostname = {1}
mydestination =
alias_maps =
alias_database =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
smtpd_tls_cert_file = {2}
smtpd_tls_key_file = {3}
smtpd_tls_security_level = may
smtpd_tls_received_header = yes
virtual_mailbox_domains = {4}
virtual_mailbox_maps = regexp:{0}/boxes
virtual_mailbox_base = {0}/mail
virtual_transport = virtual
virtual_uid_maps = static:20000
virtual_gid_maps = static:20000
default_transport = smtp:[{5}]:{6}
smtp_tls_security_level = may
""".format(self.folder, self.name, pem, key, ", ".join(self.domains), *self.next_hop))
        self.write("boxes", "!/^nobody@/ all/\n")
        shutil.copy("/usr/share/postfix/master.cf.dist", self.path("master.cf"))
        run(["postconf", "-c", self.folder, "-F", "*/*/chroot = n"])
        run(["postconf", "-c", self.folder, "-MX", "smtp/inet"])
        service = "%s:%d" % (self.address, self.port)
        run(["postconf", "-c", self.folder, "-M", "%s/inet=%s inet n - n - - smtpd" % (service, service)])
        self.run_forever([shutil.which("postfix", path=PATHS), "-c", self.folder, "start-fg"])


class Exim(Host):
    """`login`: (name, password) that it wants before it takes mail for anybody."""

    def __init__(self, address, port, domains, next_hop, name="exim.pli.test", login=None):
        super().__init__(address, port)
        self.name, self.domains, self.next_hop, self.login = name, domains, next_hop, login

    def program(self):
        """(program, words in front of it)"""
        program, user = shutil.which("exim4", path=PATHS), "Debian-exim"
        if not program:
            debs = self.path("debs")
            os.mkdir(debs)
            done = run(["apt-get", "download", "-q", *EXIM_PACKAGES], 120, cwd=debs, check=False)
            if done.returncode != 0:
                raise Skip("exim4 is not installed, and cannot be fetched")
            for deb in glob.glob(os.path.join(debs, "*.deb")):
                run(["dpkg", "-x", deb, self.path("root")])
            program = self.path("root", "usr", "sbin", "exim4")
        with open("/etc/passwd") as users, open("/etc/group") as groups:
            users, groups = users.read(), groups.read()
        if user + ":" in users:
            return program, []
        self.write("passwd", users + "%s:x:20001:20001::/:/usr/sbin/nologin\n" % user)
        self.write("group", groups + "%s:x:20001:\n" % user)
        return program, with_mounts((self.path("passwd"), "/etc/passwd"), (self.path("group"), "/etc/group"))

    def start(self):
        program, words = self.program()
        libraries = glob.glob(self.path("root", "usr", "lib", "*-linux-gnu"))
        pem, key = self.certificate or certificate(self.folder, self.name)
        for name in ("spool", "logs", "mail"):
            os.mkdir(self.path(name))
            os.chmod(self.path(name), 0o777)
        need_login = "deny message = 550 sign in\n  !authenticated = *" if self.login else ""
        authenticator = """plain:
  driver = plaintext
  public_name = PLAIN
  server_condition = ${if and{{eq{$auth2}{%s}}{eq{$auth3}{%s}}}}
  server_set_id = $auth2
  server_advertise_condition = ${if def:tls_in_cipher}
""" % self.login if self.login else ""
        self.write("conf", """primary_hostname = {1}
spool_directory = {0}/spool
log_file_path = {0}/logs/%slog
pid_file_path = {0}/pid
exim_path = {2}
domainlist local_domains = {3}
daemon_smtp_ports = {4}
local_interfaces = {5}
keep_environment =
never_users =
host_lookup =
rfc1413_query_timeout = 0s
smtp_accept_queue_per_connection = 0
tls_advertise_hosts = *
tls_certificate = {6}
tls_privatekey = {7}
acl_smtp_rcpt = rcpt
begin acl
rcpt:
  {8}
  deny local_parts = nobody
  accept domains = +local_domains
  accept hosts = 127.0.0.0/8
  deny
begin routers
local:
  driver = accept
  domains = +local_domains
  transport = maildir
out:
  driver = manualroute
  route_list = * {9} byname
  transport = out
  self = send
begin transports
maildir:
  driver = appendfile
  directory = {0}/mail/all
  maildir_format
  create_directory
  user = Debian-exim
out:
  driver = smtp
  port = {10}
  interface = {5}
  allow_localhost
  hosts_try_dane =
begin retry
* * F,2h,1m
begin authenticators
{11}
""".format(self.folder, self.name, program, " : ".join(self.domains), self.port, self.address, pem, key, need_login,
           self.next_hop[0], self.next_hop[1], authenticator))
        env = ["env", "LD_LIBRARY_PATH=" + ":".join(libraries)] if libraries else []
        self.run_forever(words + env + [program, "-C", self.path("conf"), "-bdf", "-q1h"])
