/* log.h: events, for people and machines; a name, a severity and fields, never a sentence with values inside.
 *
 * Events go to stderr, journald or a file as text or JSON, as `[server] log` says. Any thread. */
#ifndef PLI_LOG_H
#define PLI_LOG_H

#include <pli/op.h>

G_BEGIN_DECLS

typedef enum
{
  PLI_LOG_DEBUG,
  PLI_LOG_INFO,
  PLI_LOG_NOTICE,
  PLI_LOG_WARNING,
  PLI_LOG_ERROR,
} PliLogLevel;

/**
 * pli_log:
 * @level: severity
 * @event: name in lower case with dots, "smtp.refused"
 * @...: pairs of field name and text (const char *), NULL at the end; a NULL value leaves the field out
 *
 * Control characters in values are escaped. Never give secrets.
 */
PLI_API void pli_log (PliLogLevel level, const char *event, ...) G_GNUC_NULL_TERMINATED;
/* One field "text" made from @format. */
PLI_API void pli_logf (PliLogLevel level, const char *event, const char *format, ...) G_GNUC_PRINTF (3, 4);

/* Counters: created at first use, shown by `pli status --metrics` as pli_<name>_total. @name must be a literal. */
typedef struct PliCounter PliCounter;
PLI_API PliCounter *pli_counter (const char *name, const char *help);
PLI_API void pli_counter_add (PliCounter *counter, guint64 n);
/* The same with a value that goes up and down, shown as pli_<name>. */
PLI_API PliCounter *pli_gauge (const char *name, const char *help);
PLI_API void pli_gauge_set (PliCounter *gauge, gint64 value);

G_END_DECLS

#endif
