pkglib_LTLIBRARIES += plugins/auth-ldap.la
plugins_auth_ldap_la_SOURCES = plugins/auth-ldap/plugin.c plugins/auth-ldap/auth-ldap.h plugins/auth-ldap/cache.c \
  plugins/auth-ldap/config.c plugins/auth-ldap/filter.c plugins/auth-ldap/filter.h plugins/auth-ldap/group.c \
  plugins/auth-ldap/job.c plugins/auth-ldap/link.c plugins/auth-ldap/person.c plugins/auth-ldap/resolve.c \
  plugins/auth-ldap/verify.c
plugins_auth_ldap_la_CFLAGS = $(AM_CFLAGS) $(LDAP_CFLAGS)
plugins_auth_ldap_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_auth_ldap_la_LIBADD = $(GLIB_LIBS) $(LDAP_LIBS)
