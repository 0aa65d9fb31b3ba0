pkglib_LTLIBRARIES += plugins/filter-headers.la
plugins_filter_headers_la_SOURCES = plugins/filter-headers/plugin.c plugins/filter-headers/headers.c \
  plugins/filter-headers/headers.h
plugins_filter_headers_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_filter_headers_la_LIBADD = $(GLIB_LIBS)
