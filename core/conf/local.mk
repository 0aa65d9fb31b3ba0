libpli_la_SOURCES += core/conf/config.h core/conf/describe.h core/conf/suggest.h core/conf/internal.h \
  core/conf/read.c core/conf/load.c core/conf/rows.c core/conf/value.c core/conf/bind.c core/conf/check.c \
  core/conf/why.c core/conf/set.c core/conf/write.c core/conf/pack.c core/conf/describe.c core/conf/suggest.c core/conf/group.c
