# DELIVER_SOURCES are in plugins/deliver-smtp/local.mk.
pkglib_LTLIBRARIES += plugins/deliver-lmtp.la
plugins_deliver_lmtp_la_SOURCES = plugins/deliver-lmtp/plugin.c $(DELIVER_SOURCES)
plugins_deliver_lmtp_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/plugins/deliver
plugins_deliver_lmtp_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_deliver_lmtp_la_LIBADD = $(GLIB_LIBS)
