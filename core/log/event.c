/* event.c: one event, one line. Where lines go and how they look is set once at start by pli_log_setup(). Writes are
 * one write(2) each, so lines of several rooms do not mix. Any thread. */
#include "log/event.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

static struct
{
  PliLogLevel least;
  gboolean json;
  int fd;
  char who[32];
} sink = { .least = PLI_LOG_INFO, .fd = STDERR_FILENO, .who = "pli" };

static const char *const level_names[] = { "debug", "info", "notice", "warning", "error" };

void
pli_log_setup (int fd, gboolean json, PliLogLevel least, const char *who)
{
  sink.fd = fd;
  sink.json = json;
  sink.least = least;
  g_strlcpy (sink.who, who, sizeof sink.who);
}

/* JSON string content; also used for text values that hold blanks. */
static void
add_escaped (PliBuffer *line, const char *text)
{
  for (const guchar *c = (const guchar *) text; *c; c++)
    if (*c == '"' || *c == '\\')
      {
        pli_buffer_add_char (line, '\\');
        pli_buffer_add_char (line, (char) *c);
      }
    else if (*c < 0x20 || *c == 0x7f)
      pli_buffer_printf (line, "\\u%04x", *c);
    else
      pli_buffer_add_char (line, (char) *c);
}

static void
add_field (PliBuffer *line, const char *name, const char *value)
{
  gboolean quote = sink.json || !*value || strpbrk (value, " \"\\\t\r\n=");

  pli_buffer_printf (line, sink.json ? ",\"%s\":" : " %s=", name);
  if (quote)
    pli_buffer_add_char (line, '"');
  add_escaped (line, value);
  if (quote)
    pli_buffer_add_char (line, '"');
}

static void
begin (PliBuffer *line, PliLogLevel level, const char *event)
{
  gint64 now = g_get_real_time ();
  time_t seconds = (time_t) (now / G_USEC_PER_SEC);
  struct tm tm;
  char at[40];

  gmtime_r (&seconds, &tm);
  strftime (at, sizeof at, "%Y-%m-%dT%H:%M:%S", &tm);
  if (sink.json)
    pli_buffer_printf (line, "{\"at\":\"%s.%06dZ\",\"room\":\"%s\",\"level\":\"%s\",\"event\":\"%s\"", at,
                       (int) (now % G_USEC_PER_SEC), sink.who, level_names[level], event);
  else
    pli_buffer_printf (line, "%s.%03dZ %s %s %s", at, (int) (now % G_USEC_PER_SEC / 1000), sink.who, level_names[level],
                       event);
}

static void
end (PliBuffer *line)
{
  ssize_t wrote;

  pli_buffer_add_text (line, sink.json ? "}\n" : "\n");
  do
    wrote = write (sink.fd, line->data, line->len);
  while (wrote < 0 && errno == EINTR);
  /* There is nowhere left to report a log that cannot be written. */
  (void) wrote;
  pli_buffer_clear (line);
}

void
pli_log (PliLogLevel level, const char *event, ...)
{
  PliBuffer line = { 0 };
  const char *name;
  va_list args;

  if (level < sink.least)
    return;
  begin (&line, level, event);
  va_start (args, event);
  while ((name = va_arg (args, const char *)))
    {
      const char *value = va_arg (args, const char *);

      if (value)
        add_field (&line, name, value);
    }
  va_end (args);
  end (&line);
}

void
pli_logf (PliLogLevel level, const char *event, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  if (level < sink.least)
    return;
  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  pli_log (level, event, "text", text, NULL);
}
