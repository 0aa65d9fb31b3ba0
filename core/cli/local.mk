pli_SOURCES += core/cli/account.c core/cli/alias.c core/cli/args.c core/cli/args.h core/cli/ask.c core/cli/ask.h \
  core/cli/client.c core/cli/client.h \
  core/cli/config.c core/cli/domain.c core/cli/known.c core/cli/known.h core/cli/plugin.c
