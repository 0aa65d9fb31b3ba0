# Fuzzers: a file of grammar each, with a dictionary. Only in a tree that was configured with --enable-fuzzers and clang;
# `make fuzzers` there. tests/fuzz/run runs one.
FUZZERS_ALL = tests/fuzz/conf-ini tests/fuzz/dns-answer tests/fuzz/imap-args tests/fuzz/imap-reader \
  tests/fuzz/mail-address tests/fuzz/mail-aliases tests/fuzz/mail-date tests/fuzz/mail-decode tests/fuzz/mail-dsn \
  tests/fuzz/mail-edits tests/fuzz/mail-envelope tests/fuzz/mail-esmtp tests/fuzz/mail-header tests/fuzz/mail-mime \
  tests/fuzz/mail-parts tests/fuzz/mail-render tests/fuzz/mail-reply tests/fuzz/mail-utf7 tests/fuzz/mail-words \
  tests/fuzz/network tests/fuzz/pop3-stuff tests/fuzz/proxy tests/fuzz/smtp-command tests/fuzz/dnsbl-list \
  tests/fuzz/clamav-reply tests/fuzz/policy-pattern
FUZZERS_ALL += tests/fuzz/deliver-chat tests/fuzz/ldap-filter
FUZZERS_ALL += tests/fuzz/maildir-uidlist
if FUZZERS
FUZZERS_BUILT = $(FUZZERS_ALL)
endif
EXTRA_PROGRAMS = $(FUZZERS_ALL)
FUZZER_FLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
FUZZER_LIBS = $(PLI_WHOLE) $(PLI_LIBS)
tests_fuzz_clamav_reply_SOURCES = tests/fuzz/clamav-reply.c plugins/filter-clamav/reply.c
tests_fuzz_clamav_reply_CPPFLAGS = $(AM_CPPFLAGS)
tests_fuzz_clamav_reply_LDFLAGS = $(FUZZER_FLAGS)
tests_fuzz_clamav_reply_LDADD = $(FUZZER_LIBS)
tests_fuzz_conf_ini_SOURCES = tests/fuzz/conf-ini.c
tests_fuzz_conf_ini_LDFLAGS = $(FUZZER_FLAGS)
tests_fuzz_conf_ini_LDADD = $(FUZZER_LIBS)
tests_fuzz_dns_answer_SOURCES = tests/fuzz/dns-answer.c plugins/dns-unbound/answer.c
tests_fuzz_dns_answer_CPPFLAGS = $(AM_CPPFLAGS)
tests_fuzz_dns_answer_LDFLAGS = $(FUZZER_FLAGS)
tests_fuzz_dns_answer_LDADD = $(FUZZER_LIBS)
tests_fuzz_dnsbl_list_SOURCES = tests/fuzz/dnsbl-list.c plugins/filter-dnsbl/list.c
tests_fuzz_dnsbl_list_CPPFLAGS = $(AM_CPPFLAGS)
tests_fuzz_dnsbl_list_LDFLAGS = $(FUZZER_FLAGS)
tests_fuzz_dnsbl_list_LDADD = $(FUZZER_LIBS)
tests_fuzz_imap_args_SOURCES = tests/fuzz/imap-args.c plugins/proto-imap/fetch_args.c plugins/proto-imap/lex.c \
  plugins/proto-imap/list_args.c plugins/proto-imap/ranges.c plugins/proto-imap/search_args.c \
  plugins/proto-imap/search_fold.c plugins/proto-imap/status_args.c plugins/proto-imap/flags.c plugins/proto-imap/view.c
tests_fuzz_imap_args_CPPFLAGS = $(AM_CPPFLAGS)
tests_fuzz_imap_args_LDFLAGS = $(FUZZER_FLAGS)
tests_fuzz_imap_args_LDADD = $(FUZZER_LIBS)
tests_fuzz_imap_reader_SOURCES = tests/fuzz/imap-reader.c plugins/proto-imap/reader.c
tests_fuzz_imap_reader_CPPFLAGS = $(AM_CPPFLAGS)
tests_fuzz_imap_reader_LDFLAGS = $(FUZZER_FLAGS)
tests_fuzz_imap_reader_LDADD = $(FUZZER_LIBS)
tests_fuzz_ldap_filter_SOURCES = tests/fuzz/ldap-filter.c plugins/auth-ldap/filter.c
tests_fuzz_ldap_filter_CPPFLAGS = $(AM_CPPFLAGS)
tests_fuzz_ldap_filter_LDFLAGS = $(FUZZER_FLAGS)
tests_fuzz_ldap_filter_LDADD = $(FUZZER_LIBS)
tests_fuzz_mail_address_SOURCES = tests/fuzz/mail-address.c
tests_fuzz_mail_address_LDFLAGS = $(FUZZER_FLAGS)
tests_fuzz_mail_address_LDADD = $(FUZZER_LIBS)
tests_fuzz_mail_aliases_SOURCES = tests/fuzz/mail-aliases.c
tests_fuzz_mail_aliases_LDFLAGS = $(FUZZER_FLAGS)
tests_fuzz_mail_aliases_LDADD = $(FUZZER_LIBS)
tests_fuzz_mail_date_SOURCES = tests/fuzz/mail-date.c
tests_fuzz_mail_date_LDFLAGS = $(FUZZER_FLAGS)
tests_fuzz_mail_date_LDADD = $(FUZZER_LIBS)
tests_fuzz_mail_decode_SOURCES = tests/fuzz/mail-decode.c
tests_fuzz_mail_decode_LDFLAGS = $(FUZZER_FLAGS)
tests_fuzz_mail_decode_LDADD = $(FUZZER_LIBS)
tests_fuzz_mail_dsn_SOURCES = tests/fuzz/mail-dsn.c
tests_fuzz_mail_dsn_LDFLAGS = $(FUZZER_FLAGS)
tests_fuzz_mail_dsn_LDADD = $(FUZZER_LIBS)
tests_fuzz_mail_edits_SOURCES = tests/fuzz/mail-edits.c
tests_fuzz_mail_edits_LDFLAGS = $(FUZZER_FLAGS)
tests_fuzz_mail_edits_LDADD = $(FUZZER_LIBS)
tests_fuzz_mail_envelope_SOURCES = tests/fuzz/mail-envelope.c
tests_fuzz_mail_envelope_LDFLAGS = $(FUZZER_FLAGS)
tests_fuzz_mail_envelope_LDADD = $(FUZZER_LIBS)
tests_fuzz_mail_esmtp_SOURCES = tests/fuzz/mail-esmtp.c
tests_fuzz_mail_esmtp_LDFLAGS = $(FUZZER_FLAGS)
tests_fuzz_mail_esmtp_LDADD = $(FUZZER_LIBS)
tests_fuzz_mail_header_SOURCES = tests/fuzz/mail-header.c
tests_fuzz_mail_header_LDFLAGS = $(FUZZER_FLAGS)
tests_fuzz_mail_header_LDADD = $(FUZZER_LIBS)
tests_fuzz_mail_mime_SOURCES = tests/fuzz/mail-mime.c
tests_fuzz_mail_mime_LDFLAGS = $(FUZZER_FLAGS)
tests_fuzz_mail_mime_LDADD = $(FUZZER_LIBS)
tests_fuzz_mail_parts_SOURCES = tests/fuzz/mail-parts.c
tests_fuzz_mail_parts_LDFLAGS = $(FUZZER_FLAGS)
tests_fuzz_mail_parts_LDADD = $(FUZZER_LIBS)
tests_fuzz_mail_render_SOURCES = tests/fuzz/mail-render.c
tests_fuzz_mail_render_LDFLAGS = $(FUZZER_FLAGS)
tests_fuzz_mail_render_LDADD = $(FUZZER_LIBS)
tests_fuzz_mail_reply_SOURCES = tests/fuzz/mail-reply.c
tests_fuzz_mail_reply_LDFLAGS = $(FUZZER_FLAGS)
tests_fuzz_mail_reply_LDADD = $(FUZZER_LIBS)
tests_fuzz_mail_utf7_SOURCES = tests/fuzz/mail-utf7.c
tests_fuzz_mail_utf7_LDFLAGS = $(FUZZER_FLAGS)
tests_fuzz_mail_utf7_LDADD = $(FUZZER_LIBS)
tests_fuzz_mail_words_SOURCES = tests/fuzz/mail-words.c
tests_fuzz_mail_words_LDFLAGS = $(FUZZER_FLAGS)
tests_fuzz_mail_words_LDADD = $(FUZZER_LIBS)
tests_fuzz_network_SOURCES = tests/fuzz/network.c
tests_fuzz_network_LDFLAGS = $(FUZZER_FLAGS)
tests_fuzz_network_LDADD = $(FUZZER_LIBS)
tests_fuzz_policy_pattern_SOURCES = tests/fuzz/policy-pattern.c plugins/policy-lua/list.c plugins/policy-lua/pattern.c \
  plugins/policy-lua/tokens.c
tests_fuzz_policy_pattern_CPPFLAGS = $(AM_CPPFLAGS)
tests_fuzz_policy_pattern_LDFLAGS = $(FUZZER_FLAGS)
tests_fuzz_policy_pattern_LDADD = $(FUZZER_LIBS)
tests_fuzz_maildir_uidlist_SOURCES = tests/fuzz/maildir-uidlist.c plugins/store-maildir/uidlist.c
tests_fuzz_maildir_uidlist_CPPFLAGS = $(AM_CPPFLAGS)
tests_fuzz_maildir_uidlist_LDFLAGS = $(FUZZER_FLAGS)
tests_fuzz_maildir_uidlist_LDADD = $(FUZZER_LIBS)
tests_fuzz_pop3_stuff_SOURCES = tests/fuzz/pop3-stuff.c plugins/proto-pop3/stuff.c
tests_fuzz_pop3_stuff_CPPFLAGS = $(AM_CPPFLAGS)
tests_fuzz_pop3_stuff_LDFLAGS = $(FUZZER_FLAGS)
tests_fuzz_pop3_stuff_LDADD = $(FUZZER_LIBS)
tests_fuzz_proxy_SOURCES = tests/fuzz/proxy.c
tests_fuzz_proxy_LDFLAGS = $(FUZZER_FLAGS)
tests_fuzz_proxy_LDADD = $(FUZZER_LIBS)
tests_fuzz_smtp_command_SOURCES = tests/fuzz/smtp-command.c plugins/proto-smtp/parse.c plugins/proto-smtp/scan.c
tests_fuzz_smtp_command_CPPFLAGS = $(AM_CPPFLAGS)
tests_fuzz_smtp_command_LDFLAGS = $(FUZZER_FLAGS)
tests_fuzz_smtp_command_LDADD = $(FUZZER_LIBS)
tests_fuzz_deliver_chat_SOURCES = tests/fuzz/deliver-chat.c $(DELIVER_CHAT_SOURCES)
tests_fuzz_deliver_chat_CPPFLAGS = $(AM_CPPFLAGS)
tests_fuzz_deliver_chat_LDFLAGS = $(FUZZER_FLAGS)
tests_fuzz_deliver_chat_LDADD = $(FUZZER_LIBS)
$(FUZZERS_ALL): libpli.la
fuzzers: $(FUZZERS_BUILT) tests/tap-list
.PHONY: fuzzers
EXTRA_DIST += tests/fuzz/run
