#!/usr/bin/env python3
"""kill.py: under load, kill -9 of random rooms and of the whole server: no promise is broken.

20 SMTP clients and 4 IMAP clients run; after a random number of promises a random room, the supervisor (whose rooms must
then go by themselves) or all processes at once are killed. When all is up again and the queue is empty, every message
answered 250 is in its mailboxes exactly once, what IMAP answered OK holds, no UID means two messages, and
pli_unaccounted is 0. With deliver-smtp, 4 more clients send to another host (sink.py): all that was answered 250 arrives
there, and nothing twice without a cause. Prints TAP.

  PLI            program, default ./pli
  CRASH_ROUNDS   kills, default 20
  CRASH_SEED     to do it again (timing differs all the same)
  CRASH_STORE    pack or memory; the default is pack when its plugin is built
  CRASH_FOLDER   where servers are made; that of a failure is kept
"""
import os
import random
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import books
import clients
import server as servers
import sink as sinks

PEOPLE = ["ann", "bob", "cid", "dan", "eve", "flo"]
OWNERS = ["gus", "hal", "ida", "jon"]
ALIASES = {"team": ("ann", "bob", "gus"), "all": ("bob", "cid", "dan", "eve", "hal")}
SIZES = [0, 100, 1000, 3000, 3000, 10000, 70000] * 8 + [300000, 1100000]
# Small files and few open databases, so that new segments, snapshots, checkpoints and evictions happen all the time.
SETTINGS = """[queue-log]
segment-size = 1MiB
retry-first = 1s
retry-max = 4s
journal-size = %(journal)s
journal-sync = %(sync)s
sweep = %(sweep)s
[store-pack]
young = 0s
compact-every = %(compact)s
compact-step = 64KiB
checkpoint = 64KiB
pack-size = 1MiB
open-max = %(open)d
sync-delay = %(delay)s
"""


def cast(rng):
    """People and the owners among them. Few of them: then the store syncs file by file, not the whole volume at once."""
    few = rng.random() < 0.5
    return (PEOPLE[:2] if few else PEOPLE), (OWNERS[:2] if few else OWNERS)


def aliases_of(people):
    return {name: tuple(one for one in targets if one in people) for name, targets in ALIASES.items()}


def settings(rng):
    return SETTINGS % {"journal": rng.choice(("64KiB", "1MiB")), "sync": rng.choice(("5ms", "100ms", "1s")),
                       "sweep": rng.choice(("100ms", "1s")),
                       "compact": rng.choice(("10ms", "300ms")), "open": rng.choice((8, 64)), "delay": rng.choice(("5ms", "200ms", "1s"))}


def kill(server, sink, rng):
    """Which one it was. The sink hears of it before and after, since it takes its time."""
    sink.killed()
    victim = kill_one(server, rng)
    sink.killed()
    return victim


def kill_one(server, rng):
    victim = rng.choice(server.rooms() + (("all", "supervisor") if server.store == "pack" else ()))
    if victim == "all":
        server.kill_all()
    elif victim == "supervisor":
        server.kill_supervisor()
    else:
        while not server.kill_room(victim):
            server.wait_ready()
        return victim
    server.start()
    return victim


def one_round(server, load, sink, accounts, rng):
    """One to three kills while clients run, then the audit."""
    victims = []
    load.new_person()
    load.resume()
    for _ in range(rng.choice((1, 1, 2, 3))):
        if not load.books.wait_events(rng.randint(1, 80), 60):
            raise servers.Failure("no promise for 60 s, after killing %s" % victims)
        victims.append(kill(server, sink, rng))
    load.rest()
    server.wait_quiet()
    read = clients.reader(server, load.books, 150)
    load.books.verify(read)
    sink.verify()
    for name in accounts:
        read.trim(name)
    return victims


def main():
    seed = int(os.environ.get("CRASH_SEED") or random.SystemRandom().randrange(1 << 30))
    rounds = int(os.environ.get("CRASH_ROUNDS") or 20)
    server = servers.Server("kill", seed)
    print("# seed %d, store %s, %s" % (seed, server.store, server.folder), flush=True)
    people, owners = cast(server.rng)
    everybody, aliases = people + owners, aliases_of(people + owners)
    sink = sinks.Sink(server.rng)
    relays = server.has_plugin("deliver-smtp")
    server.make(everybody, aliases,
                settings(server.rng) + (sink.settings(server.port(servers.RELAY)) if relays else ""))
    ledger = books.Books()
    load = done = None
    began = time.monotonic()
    n = kills = 0
    try:
        server.start()
        load = clients.Load(server, ledger, everybody + list(aliases), aliases, owners, 20, SIZES)
        if relays:
            load.add(sinks.Relayer(load, n, random.Random(server.rng.random()), sink, server.port(servers.RELAY))
                     for n in range(4))
        else:
            print("# nothing is sent elsewhere: deliver-smtp is not built")
        while kills < rounds:
            victims = one_round(server, load, sink, everybody, server.rng)
            n += 1
            kills += len(victims)
            print("ok %d - killed %s; %d promises hold" % (n, ", ".join(victims), ledger.events), flush=True)
        load.end()
        server.stop()
        print("ok %d - stops in good order\n1..%d" % (n + 1, n + 1))
        done = True
    except servers.Failure as failure:
        print("not ok %d - %s\n1..%d" % (n + 1, str(failure).replace("\n", "\n# "), n + 1))
        print("# seed %d; kept: %s" % (seed, server.folder))
        for line in server.log_tail():
            print("# log: " + line)
    finally:
        if load:
            load.end()
        if not done and server.process and server.process.poll() is None:
            server.kill_all()
    print("# %s in %d s" % (dict(ledger.counts), time.monotonic() - began))
    if done:
        server.remove()
    return 0 if done else 1


if __name__ == "__main__":
    sys.exit(main())
