"""A server of its own for one crash test: made in a new folder, started, killed, asked.

Used by kill.py and power.py. Runs the program that $PLI names (default ./pli, as in a build tree). As root the rooms
run under ids of their own; everything else is the same without.
"""
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

DOMAIN = "example.test"
PASSWORD = "correct horse"
RELAY = 26  # the listener for relaying
OFFSETS = (24, 25, RELAY, 110, 143, 465, 587, 993, 995)
ROOMS = ("auth", "smtp", "access", "queue", "store", "admin")
# What is lost when this room dies in a store that keeps all in memory.
MEMORY_ROOMS = tuple(room for room in ROOMS if room != "store")


class Failure(Exception):
    """What the test is there to find."""


def free_base(rng):
    """A port base all of whose ports can be bound now; below those that the kernel gives to clients."""
    given = os.environ.get("CRASH_PORT_BASE")
    if given:
        return int(given)
    for base in rng.sample(range(10000, 31000, 1000), 21):
        try:
            for offset in OFFSETS:
                with socket.socket() as probe:
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    probe.bind(("127.0.0.1", base + offset))
            return base
        except OSError:
            continue
    raise SystemExit("Bail out! no free ports")


def plugin_folder(program):
    return os.path.join(os.path.dirname(os.path.realpath(program)), "plugins", ".libs")


class Server:
    def __init__(self, name, seed, deadline=60):
        self.program = os.path.abspath(os.environ.get("PLI", "./pli"))
        self.rng = random.Random(seed)
        self.seed = seed
        self.deadline = deadline
        self.folder = tempfile.mkdtemp(prefix="pli-%s-" % name, dir=os.environ.get("CRASH_FOLDER"))
        os.chmod(self.folder, 0o755)
        self.root = os.path.join(self.folder, "root")
        self.data = os.path.join(self.root, "data")
        self.log_path = os.path.join(self.folder, "log")
        self.base = free_base(self.rng)
        self.store = self.choose_store()
        self.environment = dict(os.environ)
        self.process = None

    def choose_store(self):
        wanted = os.environ.get("CRASH_STORE")
        if wanted:
            return wanted
        return "pack" if self.has_plugin("store-pack") else "memory"

    def has_plugin(self, name):
        return os.path.exists(os.path.join(plugin_folder(self.program), name + ".so"))

    def rooms(self):
        rooms = ROOMS if self.store == "pack" else MEMORY_ROOMS
        return rooms + ("out",) if self.has_plugin("deliver-smtp") else rooms

    def port(self, offset):
        return self.base + offset

    def call(self, *words, text=None, check=True, timeout=60):
        done = subprocess.run([self.program, "--root", self.root, *words], input=text, text=True, timeout=timeout,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if check and done.returncode != 0:
            raise Failure("pli %s: exit code %d: %s" % (" ".join(words), done.returncode, done.stdout.strip()))
        return done.stdout

    def make(self, people, aliases, settings):
        """settings: text of a conf.d file, with %-names of small files chosen so that the rare paths are common."""
        self.call("init", "--domain", DOMAIN, "--port-base", str(self.base))
        with open(os.path.join(self.root, "conf.d", "20-crash.conf"), "w") as out:
            out.write("[server]\nstore = %s\nrestart-delay-max = 100ms\nlog-level = notice\n" % self.store)
            out.write("[auth-local]\nhash-cost = 1\n")
            out.write(settings)
        for person in people:
            self.call("account", "add", "%s@%s" % (person, DOMAIN), "--password-stdin", text=PASSWORD + "\n")
        for alias, targets in aliases.items():
            self.call("alias", "add", "%s@%s" % (alias, DOMAIN), *["%s@%s" % (one, DOMAIN) for one in targets])

    def start(self):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen([self.program, "--root", self.root, "serve"], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, env=self.environment, start_new_session=True)
        self.wait_ready()

    def status(self):
        """Rooms by name, or None while the control socket does not answer."""
        done = subprocess.run([self.program, "--root", self.root, "status", "--json"], text=True, timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        if done.returncode != 0:
            return None
        return {room["room"].split("/")[0]: room for room in json.loads(done.stdout)["rooms"]}

    def wait(self, what, question):
        """Asks until the answer is not false."""
        end = time.monotonic() + self.deadline
        while True:
            answer = question()
            if answer:
                return answer
            if self.process.poll() is not None:
                raise Failure("the server ended by itself, with code %d" % self.process.returncode)
            if time.monotonic() > end:
                raise Failure("after %d s still waiting for: %s" % (self.deadline, what() if callable(what) else what))
            time.sleep(0.02)

    def all_ready(self):
        rooms = self.status()
        return rooms if rooms and all(room["ready"] for room in rooms.values()) else None

    def wait_ready(self):
        return self.wait("all rooms being ready", self.all_ready)

    def kill_room(self, name):
        room = (self.status() or {}).get(name)
        if not room or not room["pid"]:
            return False
        try:
            os.kill(room["pid"], signal.SIGKILL)
        except ProcessLookupError:
            return False
        return True

    def group(self):
        """Live processes of the server's session."""
        found = []
        for name in os.listdir("/proc"):
            if not name.isdigit():
                continue
            try:
                with open("/proc/%s/stat" % name) as stat:
                    fields = stat.read().rsplit(")", 1)[1].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(fields[3]) == self.process.pid and fields[0] != "Z":
                found.append(int(name))
        return found

    def kill_supervisor(self):
        """Its rooms must go by themselves, at once: nobody would count them."""
        self.process.kill()
        self.process.wait()
        end = time.monotonic() + 10
        while self.group():
            if time.monotonic() > end:
                raise Failure("rooms outlive the supervisor: %s" % self.group())
            time.sleep(0.01)

    def kill_all(self):
        """All at once, as a power cut would."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        end = time.monotonic() + 30
        while self.group():
            if time.monotonic() > end:
                raise Failure("cannot be killed: %s" % self.group())
            time.sleep(0.01)

    def stop(self):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            code = self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill_all()
            raise Failure("the server does not stop")
        if code != 0:
            raise Failure("the server ended with code %d" % code)

    def counts(self):
        """(open, unaccounted) as `pli queue list` says, or None."""
        found = re.search(r"(\d+) open, (\d+) unaccounted", self.call("queue", "list", check=False))
        return (int(found[1]), int(found[2])) if found else None

    def calls_ended(self):
        """No room has a call under way but the one that asks."""
        lines = [line for line in self.call("ops", check=False).splitlines() if line.strip()]
        return all("room.report" in line for line in lines)

    def wait_quiet(self):
        """Rooms up, queue empty, calls over; what waits for a later try is tried now. Clients must be still."""
        self.wait_ready()

        def settled():
            counts = self.counts()
            if counts and counts[0] > 0:
                self.call("queue", "retry", check=False)
            return counts and counts[0] == 0
        self.wait(lambda: "the queue being empty\n" + self.call("queue", "list", check=False), settled)
        self.wait(lambda: "calls to end\n" + self.call("ops", check=False), self.calls_ended)
        counts = self.counts()
        if counts != (0, 0):
            raise Failure("the books do not balance: %s open, %s unaccounted" % counts)
        for line in self.call("status", "--metrics").splitlines():
            if line.startswith("pli_unaccounted") and line.split()[-1] != "0":
                raise Failure("metric: " + line)

    def log_tail(self, lines=40):
        try:
            with open(self.log_path, errors="replace") as log:
                return log.read().splitlines()[-lines:]
        except FileNotFoundError:
            return []

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)
