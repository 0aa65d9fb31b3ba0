# Clients and plugins that mean ill, or fail: what it may cost, and whom. The longest first.
TAP_SCRIPTED += tests/hostile/badinput.py tests/hostile/rooms.py tests/hostile/crowd.py tests/hostile/fulldisk.py \
  tests/hostile/hosts.py tests/hostile/sources.py tests/hostile/misbehave.py tests/hostile/proxy.py tests/hostile/relay.py
EXTRA_DIST += tests/hostile/badinput.py tests/hostile/rooms.py tests/hostile/crowd.py tests/hostile/fulldisk.py \
  tests/hostile/hosts.py tests/hostile/sources.py tests/hostile/misbehave.py tests/hostile/proxy.py tests/hostile/relay.py tests/hostile/hostile.py \
  tests/hostile/payloads.py
