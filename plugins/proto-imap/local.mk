# proto-imap: the IMAP engine.
pkglib_LTLIBRARIES += plugins/proto-imap.la
plugins_proto_imap_la_SOURCES = plugins/proto-imap/plugin.c plugins/proto-imap/append.c plugins/proto-imap/auth.c \
  plugins/proto-imap/basic.c plugins/proto-imap/box.c plugins/proto-imap/command.c plugins/proto-imap/copy.c \
  plugins/proto-imap/expunge.c plugins/proto-imap/fetch.c plugins/proto-imap/fetch_args.c \
  plugins/proto-imap/fetch_read.c plugins/proto-imap/fetch_write.c plugins/proto-imap/flags.c \
  plugins/proto-imap/idle.c plugins/proto-imap/lex.c plugins/proto-imap/list.c plugins/proto-imap/list_args.c \
  plugins/proto-imap/mailbox.c plugins/proto-imap/name.c plugins/proto-imap/ranges.c plugins/proto-imap/reader.c \
  plugins/proto-imap/search.c plugins/proto-imap/search_args.c plugins/proto-imap/search_eval.c \
  plugins/proto-imap/search_fold.c plugins/proto-imap/search_read.c plugins/proto-imap/select.c \
  plugins/proto-imap/session.c plugins/proto-imap/starttls.c plugins/proto-imap/status.c plugins/proto-imap/status_args.c \
  plugins/proto-imap/store.c \
  plugins/proto-imap/sync.c plugins/proto-imap/view.c \
  plugins/proto-imap/fetch.h plugins/proto-imap/fetch_args.h plugins/proto-imap/imap.h plugins/proto-imap/lex.h \
  plugins/proto-imap/list_args.h plugins/proto-imap/ranges.h plugins/proto-imap/reader.h plugins/proto-imap/search.h \
  plugins/proto-imap/search_args.h plugins/proto-imap/search_fold.h plugins/proto-imap/view.h
plugins_proto_imap_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_proto_imap_la_LIBADD = $(GLIB_LIBS)
