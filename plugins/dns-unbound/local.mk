pkglib_LTLIBRARIES += plugins/dns-unbound.la
plugins_dns_unbound_la_SOURCES = plugins/dns-unbound/plugin.c plugins/dns-unbound/dns-unbound.h \
  plugins/dns-unbound/answer.c plugins/dns-unbound/answer.h plugins/dns-unbound/context.c \
  plugins/dns-unbound/events.c plugins/dns-unbound/lookup.c
plugins_dns_unbound_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_dns_unbound_la_LIBADD = $(GLIB_LIBS) -lunbound
