# Unit tests mirror the source: tests/unit/mail/address.c tests lib/mail/address.c.
UNIT_BASE = tests/unit/base/network
tests_unit_base_network_SOURCES = tests/unit/base/network.c

UNIT_CONF = tests/unit/conf/bind tests/unit/conf/read tests/unit/conf/set
tests_unit_conf_bind_SOURCES = tests/unit/conf/bind.c
tests_unit_conf_read_SOURCES = tests/unit/conf/read.c
tests_unit_conf_set_SOURCES = tests/unit/conf/set.c

UNIT_MAIL = tests/unit/mail/address tests/unit/mail/aliases tests/unit/mail/date tests/unit/mail/decode tests/unit/mail/dsn \
  tests/unit/mail/edits tests/unit/mail/envelope tests/unit/mail/esmtp tests/unit/mail/header \
  tests/unit/mail/imaptest tests/unit/mail/mime tests/unit/mail/render tests/unit/mail/reply tests/unit/mail/utf7 \
  tests/unit/mail/words
tests_unit_mail_address_SOURCES = tests/unit/mail/address.c tests/unit/mail/testdata.h
tests_unit_mail_aliases_SOURCES = tests/unit/mail/aliases.c
tests_unit_mail_date_SOURCES = tests/unit/mail/date.c
tests_unit_mail_decode_SOURCES = tests/unit/mail/decode.c
tests_unit_mail_dsn_SOURCES = tests/unit/mail/dsn.c
tests_unit_mail_edits_SOURCES = tests/unit/mail/edits.c
tests_unit_mail_envelope_SOURCES = tests/unit/mail/envelope.c
tests_unit_mail_esmtp_SOURCES = tests/unit/mail/esmtp.c
tests_unit_mail_header_SOURCES = tests/unit/mail/header.c
tests_unit_mail_imaptest_SOURCES = tests/unit/mail/imaptest.c
tests_unit_mail_mime_SOURCES = tests/unit/mail/mime.c
tests_unit_mail_render_SOURCES = tests/unit/mail/render.c
tests_unit_mail_reply_SOURCES = tests/unit/mail/reply.c
tests_unit_mail_utf7_SOURCES = tests/unit/mail/utf7.c
tests_unit_mail_words_SOURCES = tests/unit/mail/words.c

UNIT_PLUGINS = tests/unit/plugins/auth-local tests/unit/plugins/dns-answer tests/unit/plugins/ledger-sqlite \
  tests/unit/plugins/policy-list tests/unit/plugins/policy-pattern tests/unit/plugins/pop3-stuff \
  tests/unit/plugins/proto-pop3
UNIT_PLUGINS += tests/unit/plugins/maildir-names
UNIT_PLUGINS += tests/unit/plugins/ldap-filter tests/unit/plugins/auth-front
tests_unit_plugins_auth_front_SOURCES = tests/unit/plugins/auth-front.c
tests_unit_plugins_auth_front_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_plugins_auth_front_CFLAGS = $(AM_CFLAGS) $(GSASL_CFLAGS)
tests_unit_plugins_auth_front_LDADD = $(LDADD) $(GSASL_LIBS)
tests_unit_plugins_auth_local_SOURCES = tests/unit/plugins/auth-local.c
tests_unit_plugins_auth_local_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_plugins_ldap_filter_SOURCES = tests/unit/plugins/ldap-filter.c plugins/auth-ldap/filter.c
tests_unit_plugins_ldap_filter_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_plugins_ledger_sqlite_SOURCES = tests/unit/plugins/ledger-sqlite.c
tests_unit_plugins_ledger_sqlite_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_plugins_ledger_sqlite_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
tests_unit_plugins_dns_answer_SOURCES = tests/unit/plugins/dns-answer.c plugins/dns-unbound/answer.c
tests_unit_plugins_dns_answer_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_plugins_policy_list_SOURCES = tests/unit/plugins/policy-list.c
tests_unit_plugins_policy_pattern_SOURCES = tests/unit/plugins/policy-pattern.c
tests_unit_plugins_policy_pattern_CFLAGS = $(AM_CFLAGS) $(LUA_CFLAGS)
tests_unit_plugins_policy_pattern_LDADD = $(TEST_LIBS) $(LUA_LIBS)
tests_unit_plugins_maildir_names_SOURCES = tests/unit/plugins/maildir-names.c
tests_unit_plugins_maildir_names_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
tests_unit_plugins_pop3_stuff_SOURCES = tests/unit/plugins/pop3-stuff.c
tests_unit_plugins_proto_pop3_SOURCES = tests/unit/plugins/proto-pop3.c
tests_unit_plugins_proto_pop3_CPPFLAGS = $(TEST_CPPFLAGS)

UNIT_CORE = tests/unit/ipc/channel tests/unit/ipc/shape tests/unit/loop/loop tests/unit/loop/op \
  tests/unit/segment/segment tests/unit/queue/queue-log \
  tests/unit/queue/remote tests/unit/queue/rules
tests_unit_ipc_channel_SOURCES = tests/unit/ipc/channel.c
tests_unit_ipc_shape_SOURCES = tests/unit/ipc/shape.c
tests_unit_loop_loop_SOURCES = tests/unit/loop/loop.c
tests_unit_loop_op_SOURCES = tests/unit/loop/op.c
tests_unit_segment_segment_SOURCES = tests/unit/segment/segment.c
QUEUE_SCENE = tests/unit/queue/scene.c tests/unit/queue/scene.h
tests_unit_queue_queue_log_SOURCES = tests/unit/queue/queue-log.c $(QUEUE_SCENE)
tests_unit_queue_queue_log_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_queue_remote_SOURCES = tests/unit/queue/remote.c $(QUEUE_SCENE)
tests_unit_queue_remote_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_queue_remote_DEPENDENCIES = $(TEST_DEPS) $(TEST_ROUTES)
tests_unit_queue_rules_SOURCES = tests/unit/queue/rules.c $(QUEUE_SCENE)
tests_unit_queue_rules_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_queue_rules_DEPENDENCIES = $(TEST_DEPS) $(TEST_ROUTES)

check_PROGRAMS += $(UNIT_BASE) $(UNIT_CONF) $(UNIT_CORE) $(UNIT_MAIL) $(UNIT_PLUGINS)
TAP_TESTS += $(UNIT_PLUGINS) $(UNIT_CORE) $(UNIT_BASE) $(UNIT_CONF) $(UNIT_MAIL)
