pkglib_LTLIBRARIES += plugins/proto-smtp.la
plugins_proto_smtp_la_SOURCES = plugins/proto-smtp/plugin.c plugins/proto-smtp/smtp.h plugins/proto-smtp/session.c \
  plugins/proto-smtp/command.c plugins/proto-smtp/hello.c plugins/proto-smtp/starttls.c plugins/proto-smtp/auth.c \
  plugins/proto-smtp/mail.c plugins/proto-smtp/rcpt.c plugins/proto-smtp/data.c plugins/proto-smtp/end.c \
  plugins/proto-smtp/header.c plugins/proto-smtp/trace.c plugins/proto-smtp/txn.c plugins/proto-smtp/reply.c \
  plugins/proto-smtp/tell.c plugins/proto-smtp/parse.c plugins/proto-smtp/parse.h plugins/proto-smtp/scan.c \
  plugins/proto-smtp/scan.h plugins/proto-smtp/relay.c
plugins_proto_smtp_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_proto_smtp_la_LIBADD = $(GLIB_LIBS)
