pkglib_LTLIBRARIES += plugins/auth-front.la
plugins_auth_front_la_SOURCES = plugins/auth-front/plugin.c plugins/auth-front/auth-front.h \
  plugins/auth-front/change.c plugins/auth-front/conversation.c plugins/auth-front/fake.c plugins/auth-front/refuse.c \
  plugins/auth-front/resolve.c plugins/auth-front/sasl.c plugins/auth-front/throttle.c plugins/auth-front/verify.c
plugins_auth_front_la_CFLAGS = $(AM_CFLAGS) $(GSASL_CFLAGS)
plugins_auth_front_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_auth_front_la_LIBADD = $(GLIB_LIBS) $(GSASL_LIBS)
