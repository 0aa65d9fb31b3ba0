# Against the built program, as a process of its own, with real clients.
TAP_SCRIPTED += tests/e2e/cli.sh
EXTRA_DIST += tests/e2e/cli.sh
