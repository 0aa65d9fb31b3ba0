# What must hold after kills and power cuts. CRASH_ROUNDS, CRASH_CUTS: how many; CRASH_SEED repeats a run. The shim is
# compiled by power.py, with $CC.
TAP_SCRIPTED += tests/crash/kill.py tests/crash/power.py
EXTRA_DIST += tests/crash/kill.py tests/crash/power.py tests/crash/books.py tests/crash/clients.py \
  tests/crash/server.py tests/crash/sink.py tests/crash/undo.py tests/crash/power.c tests/crash/power-files.c tests/crash/power-names.c \
  tests/crash/power.h
