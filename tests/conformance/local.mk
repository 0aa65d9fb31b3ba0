# One suite a kind of service, run on every plugin of the kind.
CONFORMANCE = tests/conformance/store tests/conformance/directory tests/conformance/dns tests/conformance/ledger \
  tests/conformance/state
check_PROGRAMS += $(CONFORMANCE)
TAP_TESTS += $(CONFORMANCE)
tests_conformance_store_SOURCES = tests/conformance/store.c tests/conformance/store-changes.c \
  tests/conformance/store-copy.c tests/conformance/store-cut.c tests/conformance/store-deliver.c \
  tests/conformance/store-durable.c tests/conformance/store-faults.c tests/conformance/store-fixture.c \
  tests/conformance/store-fixture.h tests/conformance/store-flags.c tests/conformance/store-load.c \
  tests/conformance/store-mailbox.c \
  tests/conformance/store-message.c tests/conformance/store-random.c tests/conformance/store-verbs.c
tests_conformance_store_CPPFLAGS = $(TEST_CPPFLAGS)
tests_conformance_store_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=pli_peers_notice
tests_conformance_directory_SOURCES = tests/conformance/directory.c tests/conformance/directory-login.c \
  tests/conformance/directory-fixture.c tests/conformance/directory-fixture.h
tests_conformance_directory_CPPFLAGS = $(TEST_CPPFLAGS)
tests_conformance_ledger_SOURCES = tests/conformance/ledger.c
tests_conformance_ledger_CPPFLAGS = $(TEST_CPPFLAGS)
tests_conformance_dns_SOURCES = tests/conformance/dns.c
tests_conformance_dns_CPPFLAGS = $(TEST_CPPFLAGS)
tests_conformance_state_SOURCES = tests/conformance/state.c
tests_conformance_state_CPPFLAGS = $(TEST_CPPFLAGS)
check_PROGRAMS += tests/conformance/people
TAP_TESTS += tests/conformance/people
tests_conformance_people_SOURCES = tests/conformance/people.c tests/conformance/directory-fixture.c \
  tests/conformance/directory-fixture.h
tests_conformance_people_CPPFLAGS = $(TEST_CPPFLAGS)
