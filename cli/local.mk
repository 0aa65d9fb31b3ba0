# The program `pli`: one file a command.
# Everything of libpli goes into the program, and is seen by the plugins.
PLI_LIBS = $(GLIB_LIBS) $(GNUTLS_LIBS) $(SECCOMP_LIBS) $(JANSSON_LIBS) $(SYSTEMD_LIBS) -lltdl
# The address sanitizer takes crypt_r over at start, and finds it only when the program itself has the library.
if SANITIZERS
PLI_LIBS += -lcrypt
endif
pli_SOURCES = cli/account.c cli/alias.c cli/alias-import.c cli/alias-import.h cli/args.c cli/args.h cli/ask.c cli/ask.h cli/cli.h cli/client.c cli/client.h \
  cli/config.c cli/direct.c cli/direct.h cli/dns.c cli/domain.c cli/explain.c cli/init.c cli/known.c cli/known.h cli/main.c \
  cli/plugin.c cli/plugin-new.c cli/plugin-new.h \
  cli/policy.c cli/queue.c cli/route.c cli/serve.c cli/status.c cli/store.c
pli_LDFLAGS = $(AM_LDFLAGS)
pli_LDADD = $(PLI_WHOLE) $(PLI_LIBS)
pli_DEPENDENCIES = libpli.la
