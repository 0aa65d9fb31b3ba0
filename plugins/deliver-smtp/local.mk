# What the two transports share; each has a copy.
DELIVER_CHAT_SOURCES = plugins/deliver/auth.c plugins/deliver/chat-private.h plugins/deliver/chat.c \
  plugins/deliver/chat.h plugins/deliver/data.c plugins/deliver/envelope.c plugins/deliver/hello.c \
  plugins/deliver/mail.c plugins/deliver/mail.h plugins/deliver/settings.h plugins/deliver/starttls.c
DELIVER_SOURCES = $(DELIVER_CHAT_SOURCES) plugins/deliver/deliver.c plugins/deliver/deliver.h \
  plugins/deliver/destination.c plugins/deliver/domain.c plugins/deliver/failure.c plugins/deliver/hops.c \
  plugins/deliver/host.c plugins/deliver/link.c plugins/deliver/plan.c plugins/deliver/send.c \
  plugins/deliver/settings.c
pkglib_LTLIBRARIES += plugins/deliver-smtp.la
plugins_deliver_smtp_la_SOURCES = plugins/deliver-smtp/plugin.c $(DELIVER_SOURCES)
plugins_deliver_smtp_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/plugins/deliver
plugins_deliver_smtp_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_deliver_smtp_la_LIBADD = $(GLIB_LIBS)
