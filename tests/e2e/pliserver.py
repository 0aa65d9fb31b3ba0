"""What end to end tests share: a server of their own, clients that do not check its certificate, and TAP.

    with pliserver.Server (accounts=["ann"]) as server:
        with server.imap ("ann") as imap: ...

A server lives in a private folder below $TMPDIR, on ports that were free a moment ago ($PLI_TEST_PORTS, "20000-30000"),
and dies with the test. $PLI names the program, by default ../../build/pli. All waiting has a deadline. Python's
standard library only.
"""
import ctypes
import faulthandler
import imaplib
import json
import os
import poplib
import random
import shutil
import signal
import smtplib
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
PLI = os.path.abspath(os.environ.get("PLI") or os.path.join(TOP, "build", "pli"))
TESTDATA = os.environ.get("PLI_TESTDATA") or os.path.join(TOP, "..", "shared", "testdata")
DOMAIN = "example.test"
PASSWORD = "correct horse"
OFFSETS = {"lmtp": 24, "mx": 25, "pop3": 110, "imap": 143, "submissions": 465, "submission": 587, "imaps": 993,
           "pop3s": 995}
SLOW = float(os.environ.get("PLI_TEST_SLOW") or 1)      # sanitizers: multiplies every deadline
PR_SET_PDEATHSIG = 1

imaplib._MAXLINE = 1 << 24
poplib._MAXLINE = 1 << 16


class Fault(Exception):
    """What a test found wrong."""


class Skip(Exception):
    """Why a test cannot run here."""


def until(what, check, seconds=30.0, pause=0.02):
    """Asks check () again and again until it says something true, and returns that; Fault after so many seconds."""
    end = time.monotonic() + seconds * SLOW
    while True:
        found = check()
        if found:
            return found
        if time.monotonic() > end:
            raise Fault("not within %g s: %s" % (seconds * SLOW, what))
        time.sleep(pause)


def need_program(*names):
    """Paths of programs, or Skip."""
    for name in names:
        if not shutil.which(name):
            raise Skip("%s is not installed" % name)
    return [shutil.which(name) for name in names]


def run(command, seconds=60.0, input=None, env=None, check=True, cwd=None, user=None):
    """A client's run; Fault with its output when it fails or takes too long."""
    try:
        done = subprocess.run(command, input=input, env=env, cwd=cwd, user=user, group=user,
                              extra_groups=None if user is None else [], timeout=seconds * SLOW,
                              stdin=None if input is not None else subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    except subprocess.TimeoutExpired as late:
        raise Fault("%s: not ended within %g s\n%s" % (" ".join(command), seconds * SLOW,
                                                     (late.output or b"").decode("utf-8", "replace")[-4000:]))
    done.text = done.stdout.decode("utf-8", "replace")
    if check and done.returncode != 0:
        raise Fault("%s: exit code %d\n%s" % (" ".join(command), done.returncode, done.text[-4000:]))
    return done


def tls_context():
    """Takes the server's self-signed certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def free_ports():
    """A port base whose eight ports nobody listens on."""
    low, high = (int(x) for x in (os.environ.get("PLI_TEST_PORTS") or "20000-30000").split("-"))
    for _ in range(200):
        base = random.randrange(low, high - 1000)
        sockets = []
        try:
            for offset in OFFSETS.values():
                sockets.append(socket.socket(socket.AF_INET6))
                sockets[-1].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                sockets[-1].bind(("::", base + offset))
            return base
        except OSError:
            continue
        finally:
            for one in sockets:
                one.close()
    raise Fault("no free ports in %d-%d" % (low, high))


def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Server:
    """A server with settings of its own (`settings`: INI text for conf.d), and accounts NAME@DOMAIN."""

    def __init__(self, accounts=(), settings="", single=False, store=None, wrap=(), env=None):
        self.root = tempfile.mkdtemp(prefix="pli-e2e-")
        os.chmod(self.root, 0o755)                      # rooms of other uids look into it
        self.single = single or bool(os.environ.get("PLI_TEST_SINGLE"))
        self.wrap, self.env = list(wrap), env
        self.process = self.base = None
        self.log_path = os.path.join(self.root, "serve.log")
        try:
            self.base = free_ports()
            made = self.cli("--json", "init", "--domain", DOMAIN, "--port-base", str(self.base))
            self.postmaster_password = json.loads(made)["password"]
            self.write("20-test.conf", settings)
            self.store = store or os.environ.get("PLI_TEST_STORE") or self.default_store()
            if self.store != "pack":
                self.write("21-store.conf", "[server]\nstore = %s\n" % self.store)
            for name in accounts:
                self.add_account(name)
        except BaseException:
            shutil.rmtree(self.root, ignore_errors=True)
            raise

    @staticmethod
    def default_store():
        plugins = os.path.join(os.path.dirname(PLI), "plugins", ".libs")
        built = os.path.exists(os.path.join(plugins, "store-pack.so")) or not os.path.isdir(plugins)
        return "pack" if built else "memory"

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(self, kind, value, trace):
        if kind and not issubclass(kind, Skip):
            diag(self.log_tail())
        if self.process and self.process.poll() is not None:
            diag("the server ended by itself, exit code %d" % self.process.returncode, self.log_tail())
            self.close()
            raise Fault("the server ended by itself")
        self.close()

    def write(self, name, text):
        with open(os.path.join(self.root, "conf.d", name), "w") as out:
            out.write(text)

    def cli(self, *words, input=None, check=True, seconds=30.0):
        """A command of `pli` on this server; its output."""
        done = run([PLI, "--root", self.root, *words], seconds, input, self.env, check)
        return done.text if check else done

    def add_account(self, name, password=PASSWORD):
        self.cli("account", "add", "%s@%s" % (name, DOMAIN), "--password-stdin", input=password.encode() + b"\n")

    # Life

    def start(self, seconds=30.0):
        words = self.wrap + [PLI, "--root", self.root, "serve"] + (["--single"] if self.single else [])
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.env,
                                            start_new_session=True, preexec_fn=die_with_parent)
        until("server ready", self.ready, seconds)
        return self

    def ready(self):
        """All rooms are up, and the ports answer."""
        if self.process.poll() is not None:
            raise Fault("pli serve ended with exit code %d\n%s" % (self.process.returncode, self.log_tail()))
        if self.single:
            if self.cli("queue", "list", check=False).returncode != 0:      # others work on files without a server
                return False
        else:
            status = self.status()
            if not status or not status["rooms"] or not all(room["ready"] for room in status["rooms"]):
                return False
        try:
            for name in OFFSETS:
                socket.create_connection(("127.0.0.1", self.port(name)), 5).close()
        except OSError:
            return False
        return True

    def status(self):
        """`pli status --json`, or None when nobody answers."""
        done = self.cli("status", "--json", check=False)
        return json.loads(done.text) if done.returncode == 0 else None

    def metrics(self):
        """{name with labels: value} of `pli status --metrics`."""
        self.need_rooms()
        lines = self.cli("status", "--metrics").splitlines()
        return {key: float(value) for key, value in (x.rsplit(" ", 1) for x in lines if x and x[0] != "#")}

    def need_rooms(self):
        """Skip in a single process, which has no supervisor that could be asked."""
        if self.single:
            raise Skip("a single process has no supervisor")

    def reload(self):
        """`pli reload`, in force when this returns."""
        if not self.single:
            return self.cli("reload")
        before = self.log().count(" reload.done")
        self.process.send_signal(signal.SIGHUP)
        until("reload.done in the log", lambda: self.log().count(" reload.done") > before)

    def stop(self, seconds=30.0):
        """SIGTERM, and what `pli serve` then ended with."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(seconds * SLOW)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Fault("pli serve does not end within %g s of SIGTERM\n%s" % (seconds * SLOW, self.log_tail()))

    def kill(self):
        """SIGKILL to all processes of the server."""
        if not self.process:
            return
        for room in self.rooms():
            try:
                os.kill(room, signal.SIGKILL)
            except OSError:
                pass
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(30)

    def rooms(self):
        """Process ids of the rooms: the children of the supervisor."""
        try:
            with open("/proc/%d/task/%d/children" % (self.process.pid, self.process.pid)) as children:
                return [int(x) for x in children.read().split()]
        except OSError:
            return []

    def close(self):
        """Ends the server without questions, and removes its folder unless $PLI_TEST_KEEP is set."""
        try:
            if self.process and self.process.poll() is None:
                self.stop()
        except Fault as fault:
            diag(str(fault))
        finally:
            if os.environ.get("PLI_TEST_KEEP"):
                diag("kept: " + self.root)
            else:
                shutil.rmtree(self.root, ignore_errors=True)

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return log.read()

    def log_tail(self, lines=30):
        try:
            return "\n".join(["last lines of the log:"] + self.log().splitlines()[-lines:])
        except OSError as error:
            return "no log: %s" % error

    # Clients

    def port(self, name):
        """Of a listener of `pli init`."""
        return self.base + OFFSETS[name]

    @staticmethod
    def address(name):
        return name if "@" in name else "%s@%s" % (name, DOMAIN)

    def imap(self, name=None, tls=None, timeout=60.0):
        """An imaplib client; signed in when an account is named; tls: None, "starttls" or "implicit"."""
        if tls == "implicit":
            client = imaplib.IMAP4_SSL("127.0.0.1", self.port("imaps"), ssl_context=tls_context(),
                                       timeout=timeout * SLOW)
        else:
            client = imaplib.IMAP4("127.0.0.1", self.port("imap"), timeout=timeout * SLOW)
            if tls == "starttls":
                client.starttls(tls_context())
        if name:
            client.login(self.address(name), PASSWORD)
        return client

    def pop3(self, name=None, tls=None, timeout=60.0):
        if tls == "implicit":
            client = poplib.POP3_SSL("127.0.0.1", self.port("pop3s"), context=tls_context(), timeout=timeout * SLOW)
        else:
            client = poplib.POP3("127.0.0.1", self.port("pop3"), timeout=timeout * SLOW)
            if tls == "starttls":
                client.stls(tls_context())
        if name:
            client.user(self.address(name))
            client.pass_(PASSWORD)
        return client

    def smtp(self, listener="mx", login=None, tls=None, timeout=60.0):
        """An smtplib client at one of mx, submission, submissions (always TLS) and lmtp, greeted."""
        port = self.port(listener)
        if listener == "submissions":
            client = smtplib.SMTP_SSL("127.0.0.1", port, "client.test", context=tls_context(), timeout=timeout * SLOW)
        elif listener == "lmtp":
            client = smtplib.LMTP("127.0.0.1", port, "client.test", timeout=timeout * SLOW)
        else:
            client = smtplib.SMTP("127.0.0.1", port, "client.test", timeout=timeout * SLOW)
        if tls == "starttls":
            client.starttls(context=tls_context())
        client.ehlo_or_helo_if_needed()
        if login:
            client.login(self.address(login), PASSWORD)
        return client

    def count(self, name, mailbox="INBOX"):
        """Messages in a mailbox."""
        with self.imap(name) as imap:
            return int(expect_ok(imap.select(mailbox, readonly=True))[0])

    def wait_count(self, name, n, seconds=60.0, mailbox="INBOX"):
        """Until the mailbox has n messages; Fault as soon as it has more."""
        with self.imap(name) as imap:
            expect_ok(imap.select(mailbox, readonly=True))

            def check():
                expect_ok(imap.noop())
                said = imap.response("EXISTS")[1]
                if said and said[-1] is not None:
                    check.n = int(said[-1])
                if check.n > n:
                    raise Fault("%s has %d messages, more than the %d sent" % (name, check.n, n))
                return check.n == n
            check.n = int(expect_ok(imap.select(mailbox, readonly=True))[0])
            try:
                until("%d messages for %s" % (n, name), check, seconds)
            except Fault as fault:
                raise Fault("%s; it has %d" % (fault, check.n))


def expect_ok(answer):
    """The data of an imaplib answer; Fault unless OK."""
    if answer[0] != "OK":
        raise Fault("IMAP answered %s %r" % (answer[0], answer[1]))
    return answer[1]


# TAP

_count = 0
_failed = 0


def diag(*texts):
    for text in texts:
        for line in str(text).splitlines():
            print("# " + line, flush=True)


def ok(good, name, *why):
    global _count, _failed
    _count += 1
    name = name.replace("#", "no.").replace("\n", " ")
    print("%s %d - %s" % ("ok" if good else "not ok", _count, name), flush=True)
    if not good:
        _failed += 1
        diag(*why)
    return good


def skip(name, why):
    global _count
    _count += 1
    print("ok %d - %s # SKIP %s" % (_count, name, why), flush=True)


def case(name, function, *args, **options):
    """One test: passes when function (…) returns, fails when it raises."""
    began = time.monotonic()
    try:
        function(*args, **options)
    except Skip as why:
        skip(name, why)
        return True
    except Exception as error:
        text = str(error) if isinstance(error, Fault) else traceback.format_exc()
        return ok(False, name, "after %.1f s" % (time.monotonic() - began), text)
    return ok(True, name)


def main(body, seconds):
    """Runs a test program: body (), a plan, an exit code; all of it within so many seconds."""
    def late(number, frame):
        faulthandler.dump_traceback(all_threads=True)
        raise Fault("the whole test is not ready within %g s" % (seconds * SLOW))

    def ended(number, frame):
        raise Fault("ended by signal %d" % number)

    signal.signal(signal.SIGALRM, late)
    signal.signal(signal.SIGTERM, ended)
    signal.alarm(int(seconds * SLOW))
    try:
        if not os.access(PLI, os.X_OK):
            raise Fault("no program %s; name it in $PLI" % PLI)
        body()
    except Skip as why:
        skip("all", why)
    except Exception as error:
        ok(False, "runs to its end", str(error) if isinstance(error, Fault) else traceback.format_exc())
    signal.alarm(0)
    print("1..%d" % _count, flush=True)
    sys.stdout.flush()
    os._exit(1 if _failed or _count == 0 else 0)     # threads that still wait for a server do not hold us
