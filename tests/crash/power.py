#!/usr/bin/env python3
"""power.py: power cuts under load, on a disk that forgets what was not synced: no promise is broken.

The program runs with the shim of power.c. At a random operation on a file the power goes, all processes are killed, and
undo.py takes back a random part of what no sync covered. After the restart the same holds as in kill.py. In every other
round rooms are killed before the power goes, so that what a room finds after a restart and has not synced is undone too.
Prints TAP.

  PLI, CRASH_SEED, CRASH_FOLDER   as in kill.py
  CRASH_CUTS                      power cuts, default 10
  CC                              compiler for the shim, default cc
"""
import os
import random
import shlex
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import books
import clients
import kill
import server as servers
import undo

SYNC_US = 3000
OPERATIONS = 4000  # at most, from one start to the cut


def build_shim(folder):
    shim = os.path.join(folder, "power.so")
    sources = [os.path.join(HERE, name) for name in ("power.c", "power-files.c", "power-names.c")]
    command = shlex.split(os.environ.get("CC", "cc")) + ["-std=gnu11", "-D_GNU_SOURCE", "-O2", "-g", "-fPIC", "-shared",
                                                         "-fvisibility=hidden", "-o", shim] + sources
    subprocess.run(command, check=True)
    os.chmod(shim, 0o755)
    return shim


def preload(server, journal):
    """A sanitizer's library must come before the shim."""
    linked = subprocess.run(["ldd", server.program], text=True, stdout=subprocess.PIPE, check=False).stdout
    first = [line.split()[2] for line in linked.splitlines() if "libasan" in line]
    server.environment.update(LD_PRELOAD=" ".join(first + [build_shim(server.folder)]), PLI_POWER_JOURNAL=journal.path,
                              PLI_POWER_DATA=os.path.realpath(server.data), PLI_POWER_SYNC_US=str(SYNC_US))


def check_shim(server, journal):
    """What is written behind the shim's back (stdio of libc) would never be lost: at start the queue writes a snapshot."""
    inode = os.stat(os.path.join(server.data, "queue-log", "snapshot")).st_ino
    if not any(note.kind == undo.WRITE and note.inode == inode for note in journal.notes()):
        raise servers.Failure("the shim does not see how the queue's snapshot is written")


def kill_some(server, load, accounts, rng):
    """Kills one room or two, lets them come back, and looks at the mailboxes, as a client that now sees what is there."""
    victims = []
    for _ in range(rng.randint(1, 2)):
        load.books.wait_events(rng.randint(1, 40), 60)
        victim = rng.choice(("store", "queue") + server.rooms())
        if server.kill_room(victim):
            victims.append(victim)
    server.wait_ready()
    if rng.random() < 0.7:
        for name in rng.sample(accounts, 2):
            load.look(name)
    return victims


def one_cut(server, load, accounts, journal, rng):
    journal.clear()
    server.start()
    check_shim(server, journal)
    load.new_person()
    load.resume()
    victims = kill_some(server, load, accounts, rng) if rng.random() < 0.5 else []
    journal.cut_after(rng.randint(1, 60 if victims else rng.choice((60, OPERATIONS, OPERATIONS))))
    server.wait("the power cut, at operation %d" % journal.word(undo.CUT_AT_AT), journal.is_dark)
    server.kill_all()
    load.rest()
    said = undo.power_cut(server.data, journal, rng)
    with open(os.path.join(server.folder, "undone"), "w") as out:
        out.write("\n".join(said) + "\n")
    what = "operation %d, %d syncs, %s%s" % (journal.count(), journal.word(6 * 8), said[0],
                                             ", after killing " + ", ".join(victims) if victims else "")
    print("# " + what, flush=True)
    journal.clear()
    server.start()
    server.wait_quiet()
    read = clients.reader(server, load.books, 150)
    load.books.verify(read)
    for name in accounts:
        read.trim(name)
    server.stop()
    return what


def main():
    seed = int(os.environ.get("CRASH_SEED") or random.SystemRandom().randrange(1 << 30))
    cuts = int(os.environ.get("CRASH_CUTS") or 10)
    server = servers.Server("power", seed)
    if server.store != "pack":
        print("1..0 # SKIP store-pack is not built")
        return 0
    print("# seed %d, %s" % (seed, server.folder), flush=True)
    people, owners = kill.cast(server.rng)
    everybody, aliases = people + owners, kill.aliases_of(people + owners)
    server.make(everybody, aliases, kill.settings(server.rng))
    journal = undo.Journal(os.path.join("/dev/shm" if os.path.isdir("/dev/shm") else server.folder,
                                        "pli-power-%d" % os.getpid()))
    preload(server, journal)
    ledger = books.Books()
    load = clients.Load(server, ledger, everybody + list(aliases), aliases, owners, 20, kill.SIZES)
    n, done, began = 0, False, time.monotonic()
    try:
        for n in range(1, cuts + 1):
            what = one_cut(server, load, everybody, journal, server.rng)
            print("ok %d - %s; %d promises hold" % (n, what, ledger.events), flush=True)
        print("1..%d" % cuts)
        done = True
    except servers.Failure as failure:
        print("not ok %d - %s\n1..%d" % (n, str(failure).replace("\n", "\n# "), cuts))
        print("# seed %d; kept: %s, what was undone is in the file `undone` there" % (seed, server.folder))
        for line in server.log_tail():
            print("# log: " + line)
    finally:
        load.end()
        if not done and server.process and server.process.poll() is None:
            server.kill_all()
        os.unlink(journal.path)
    print("# %s in %d s" % (dict(ledger.counts), time.monotonic() - began))
    if done:
        server.remove()
    return 0 if done else 1


if __name__ == "__main__":
    sys.exit(main())
