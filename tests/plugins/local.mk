# Filters that misbehave, as real plugin files, and the tests that run plugins on a fake connection.
MISBEHAVE = tests/plugins/misbehave-accept.la tests/plugins/misbehave-crash.la tests/plugins/misbehave-fail.la \
  tests/plugins/misbehave-late.la tests/plugins/misbehave-silent.la tests/plugins/misbehave-twice.la
MISBEHAVE_LDFLAGS = $(PLUGIN_LDFLAGS) -rpath /nowhere
check_LTLIBRARIES += $(MISBEHAVE) tests/plugins/filter-probe.la
tests_plugins_filter_probe_la_SOURCES = tests/plugins/filter-probe.c
tests_plugins_filter_probe_la_LDFLAGS = $(MISBEHAVE_LDFLAGS)
tests_plugins_filter_probe_la_LIBADD = $(GLIB_LIBS)
tests_plugins_misbehave_accept_la_SOURCES = tests/plugins/misbehave-accept.c tests/plugins/misbehave.h
tests_plugins_misbehave_accept_la_LDFLAGS = $(MISBEHAVE_LDFLAGS)
tests_plugins_misbehave_accept_la_LIBADD = $(GLIB_LIBS)
tests_plugins_misbehave_crash_la_SOURCES = tests/plugins/misbehave-crash.c tests/plugins/misbehave.h
tests_plugins_misbehave_crash_la_LDFLAGS = $(MISBEHAVE_LDFLAGS)
tests_plugins_misbehave_crash_la_LIBADD = $(GLIB_LIBS)
tests_plugins_misbehave_fail_la_SOURCES = tests/plugins/misbehave-fail.c tests/plugins/misbehave.h
tests_plugins_misbehave_fail_la_LDFLAGS = $(MISBEHAVE_LDFLAGS)
tests_plugins_misbehave_fail_la_LIBADD = $(GLIB_LIBS)
tests_plugins_misbehave_late_la_SOURCES = tests/plugins/misbehave-late.c tests/plugins/misbehave.h
tests_plugins_misbehave_late_la_LDFLAGS = $(MISBEHAVE_LDFLAGS)
tests_plugins_misbehave_late_la_LIBADD = $(GLIB_LIBS)
tests_plugins_misbehave_silent_la_SOURCES = tests/plugins/misbehave-silent.c tests/plugins/misbehave.h
tests_plugins_misbehave_silent_la_LDFLAGS = $(MISBEHAVE_LDFLAGS)
tests_plugins_misbehave_silent_la_LIBADD = $(GLIB_LIBS)
tests_plugins_misbehave_twice_la_SOURCES = tests/plugins/misbehave-twice.c tests/plugins/misbehave.h
tests_plugins_misbehave_twice_la_LDFLAGS = $(MISBEHAVE_LDFLAGS)
tests_plugins_misbehave_twice_la_LIBADD = $(GLIB_LIBS)

# Where the queue sends and asks.
TEST_ROUTES = tests/plugins/deliver-test.la tests/plugins/policy-test.la
check_LTLIBRARIES += $(TEST_ROUTES)
tests_plugins_deliver_test_la_SOURCES = tests/plugins/deliver-test.c
tests_plugins_deliver_test_la_LDFLAGS = $(MISBEHAVE_LDFLAGS)
tests_plugins_deliver_test_la_LIBADD = $(GLIB_LIBS)
tests_plugins_policy_test_la_SOURCES = tests/plugins/policy-test.c
tests_plugins_policy_test_la_LDFLAGS = $(MISBEHAVE_LDFLAGS)
tests_plugins_policy_test_la_LIBADD = $(GLIB_LIBS)

check_PROGRAMS += tests/plugins/filter-chain tests/plugins/proto-smtp tests/plugins/proto-smtp-filters \
  tests/plugins/filter-order
TAP_TESTS += tests/plugins/filter-chain tests/plugins/proto-smtp tests/plugins/proto-smtp-filters \
  tests/plugins/filter-order
# The shipped filters, with a DNS of the test's own.
FILTER_SCENE = tests/plugins/smtp-scene.c tests/plugins/smtp-scene.h tests/plugins/test-dns.c tests/plugins/test-dns.h
FILTER_DEPS = $(TEST_DEPS) plugins/proto-smtp.la plugins/filter-headers.la
check_PROGRAMS += tests/plugins/filter-dnsbl tests/plugins/filter-greylist tests/plugins/filter-clamav
TAP_TESTS += tests/plugins/filter-dnsbl tests/plugins/filter-greylist tests/plugins/filter-clamav
tests_plugins_filter_clamav_SOURCES = tests/plugins/filter-clamav.c plugins/filter-clamav/reply.c \
  tests/plugins/smtp-scene.c tests/plugins/smtp-scene.h tests/plugins/fake-clamd.c tests/plugins/fake-clamd.h
tests_plugins_filter_clamav_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests -I$(srcdir)/plugins
tests_plugins_filter_clamav_LDADD = $(TEST_LIBS)
tests_plugins_filter_clamav_DEPENDENCIES = $(FILTER_DEPS) plugins/filter-clamav.la
tests_plugins_filter_dnsbl_SOURCES = tests/plugins/filter-dnsbl.c plugins/filter-dnsbl/list.c $(FILTER_SCENE)
tests_plugins_filter_dnsbl_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests -I$(srcdir)/plugins
tests_plugins_filter_dnsbl_LDADD = $(TEST_LIBS)
tests_plugins_filter_dnsbl_DEPENDENCIES = $(FILTER_DEPS) plugins/filter-dnsbl.la

tests_plugins_filter_greylist_SOURCES = tests/plugins/filter-greylist.c plugins/filter-greylist/key.c $(FILTER_SCENE)
tests_plugins_filter_greylist_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests -I$(srcdir)/plugins
tests_plugins_filter_greylist_LDADD = $(TEST_LIBS)
tests_plugins_filter_greylist_DEPENDENCIES = $(FILTER_DEPS) plugins/filter-greylist.la plugins/state-sqlite.la
tests_plugins_filter_chain_SOURCES = tests/plugins/filter-chain.c
tests_plugins_filter_chain_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests
tests_plugins_filter_chain_LDADD = $(TEST_LIBS)
tests_plugins_filter_chain_DEPENDENCIES = $(TEST_DEPS) $(MISBEHAVE)
tests_plugins_filter_order_SOURCES = tests/plugins/filter-order.c
tests_plugins_filter_order_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests
tests_plugins_filter_order_LDADD = $(TEST_LIBS)
tests_plugins_filter_order_DEPENDENCIES = $(TEST_DEPS)
tests_plugins_proto_smtp_SOURCES = tests/plugins/proto-smtp.c tests/plugins/smtp-scene.c tests/plugins/smtp-scene.h
tests_plugins_proto_smtp_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests
tests_plugins_proto_smtp_LDADD = $(TEST_LIBS)
tests_plugins_proto_smtp_DEPENDENCIES = $(TEST_DEPS) plugins/proto-smtp.la plugins/filter-headers.la $(MISBEHAVE)
tests_plugins_proto_smtp_filters_SOURCES = tests/plugins/proto-smtp-filters.c tests/plugins/smtp-scene.c \
  tests/plugins/smtp-scene.h
tests_plugins_proto_smtp_filters_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests
tests_plugins_proto_smtp_filters_LDADD = $(TEST_LIBS)
tests_plugins_proto_smtp_filters_DEPENDENCIES = $(tests_plugins_proto_smtp_DEPENDENCIES)

# The client's side of SMTP, alone.
check_PROGRAMS += tests/unit/plugins/deliver-chat tests/plugins/deliver-drive $(POLICY_TESTS)
TAP_TESTS += tests/unit/plugins/deliver-chat $(POLICY_TESTS)
tests_unit_plugins_deliver_chat_SOURCES = tests/unit/plugins/deliver-chat.c $(DELIVER_CHAT_SOURCES)
tests_unit_plugins_deliver_chat_CPPFLAGS = $(AM_CPPFLAGS)
# Told by tests/e2e/transports.py.
tests_plugins_deliver_drive_SOURCES = tests/plugins/deliver-drive.c
tests_plugins_deliver_drive_CPPFLAGS = $(TEST_CPPFLAGS)
tests_plugins_deliver_drive_LDADD = $(TEST_LIBS)
tests_plugins_deliver_drive_DEPENDENCIES = $(TEST_DEPS) plugins/deliver-smtp.la plugins/deliver-lmtp.la
POLICY_TESTS = tests/plugins/policy-sandbox tests/plugins/policy-stages
tests_plugins_policy_sandbox_SOURCES = tests/plugins/policy-sandbox.c tests/plugins/policy-scene.c \
  tests/plugins/policy-scene.h
tests_plugins_policy_sandbox_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests
tests_plugins_policy_sandbox_LDADD = $(TEST_LIBS)
tests_plugins_policy_sandbox_DEPENDENCIES = $(TEST_DEPS) plugins/policy-lua.la
tests_plugins_policy_stages_SOURCES = tests/plugins/policy-stages.c tests/plugins/policy-scene.c \
  tests/plugins/policy-scene.h
tests_plugins_policy_stages_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests
tests_plugins_policy_stages_LDADD = $(TEST_LIBS)
tests_plugins_policy_stages_DEPENDENCIES = $(tests_plugins_policy_sandbox_DEPENDENCIES)
EXTRA_DIST += tests/plugins/stamp.c tests/plugins/misbehave-hoard.c tests/plugins/misbehave-spin.c tests/plugins/vouch.c
