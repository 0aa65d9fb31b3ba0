pkglib_LTLIBRARIES += plugins/proto-pop3.la
plugins_proto_pop3_la_SOURCES = plugins/proto-pop3/plugin.c plugins/proto-pop3/pop3.h plugins/proto-pop3/session.c \
  plugins/proto-pop3/command.c plugins/proto-pop3/reply.c plugins/proto-pop3/login.c plugins/proto-pop3/auth.c \
  plugins/proto-pop3/capa.c plugins/proto-pop3/maildrop.c plugins/proto-pop3/list.c plugins/proto-pop3/mark.c \
  plugins/proto-pop3/retrieve.c plugins/proto-pop3/stuff.c plugins/proto-pop3/stuff.h plugins/proto-pop3/quit.c
plugins_proto_pop3_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_proto_pop3_la_LIBADD = $(GLIB_LIBS)
