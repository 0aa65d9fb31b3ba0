pkglib_LTLIBRARIES += plugins/filter-dnsbl.la
plugins_filter_dnsbl_la_SOURCES = plugins/filter-dnsbl/plugin.c plugins/filter-dnsbl/dnsbl.h \
  plugins/filter-dnsbl/answer.c plugins/filter-dnsbl/gather.c plugins/filter-dnsbl/list.c \
  plugins/filter-dnsbl/list.h plugins/filter-dnsbl/lookup.c
plugins_filter_dnsbl_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_filter_dnsbl_la_LIBADD = $(GLIB_LIBS)
