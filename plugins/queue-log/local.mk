pkglib_LTLIBRARIES += plugins/queue-log.la
plugins_queue_log_la_SOURCES = plugins/queue-log/plugin.c plugins/queue-log/queue-log.h plugins/queue-log/journal.h \
  plugins/queue-log/start.h plugins/queue-log/start.c plugins/queue-log/submit.c plugins/queue-log/sweep.c plugins/queue-log/record.c \
  plugins/queue-log/message.c plugins/queue-log/expand.c plugins/queue-log/deliver.c plugins/queue-log/settle.c \
  plugins/queue-log/report.c plugins/queue-log/journal.c plugins/queue-log/snapshot.c plugins/queue-log/recover.c \
  plugins/queue-log/control.c plugins/queue-log/list.c plugins/queue-log/lines.c plugins/queue-log/plan.c \
  plugins/queue-log/read.c plugins/queue-log/rules.c plugins/queue-log/send.c plugins/queue-log/send.h plugins/queue-log/line.c plugins/queue-log/texts.c
plugins_queue_log_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_queue_log_la_LIBADD = $(GLIB_LIBS)
