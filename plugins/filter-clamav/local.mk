pkglib_LTLIBRARIES += plugins/filter-clamav.la
plugins_filter_clamav_la_SOURCES = plugins/filter-clamav/plugin.c plugins/filter-clamav/clamav.h \
  plugins/filter-clamav/reply.c plugins/filter-clamav/reply.h plugins/filter-clamav/scan.c \
  plugins/filter-clamav/verdict.c
plugins_filter_clamav_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_filter_clamav_la_LIBADD = $(GLIB_LIBS)
