/* metrics.c: counters and gauges, few and named by literals, so a list is enough; values are atomic. Any thread. */
#include "log/metrics.h"

struct PliCounter
{
  PliCounter *next;
  const char *name, *help;
  gboolean gauge;
  gint64 value;
};

static struct
{
  GMutex lock;
  PliCounter *first;
} all;

static PliCounter *
find (const char *name, const char *help, gboolean gauge)
{
  PliCounter *counter;

  g_mutex_lock (&all.lock);
  for (counter = all.first; counter && !g_str_equal (counter->name, name); counter = counter->next)
    ;
  if (!counter)
    {
      counter = g_new0 (PliCounter, 1);
      counter->name = name;
      counter->help = help;
      counter->gauge = gauge;
      counter->next = all.first;
      all.first = counter;
    }
  g_mutex_unlock (&all.lock);
  return counter;
}

PliCounter *
pli_counter (const char *name, const char *help)
{
  return find (name, help, FALSE);
}

void
pli_counter_add (PliCounter *counter, guint64 n)
{
  __atomic_fetch_add (&counter->value, (gint64) n, __ATOMIC_RELAXED);
}

PliCounter *
pli_gauge (const char *name, const char *help)
{
  return find (name, help, TRUE);
}

void
pli_gauge_set (PliCounter *gauge, gint64 value)
{
  __atomic_store_n (&gauge->value, value, __ATOMIC_RELAXED);
}

void
pli_metrics_write (const char *room, guint index, PliBuffer *out)
{
  g_mutex_lock (&all.lock);
  for (PliCounter *c = all.first; c; c = c->next)
    pli_buffer_printf (out,
                       "# TYPE pli_%s %s\n# HELP pli_%s %s.\npli_%s%s{room=\"%s\",index=\"%u\"} %" G_GINT64_FORMAT "\n",
                       c->name, c->gauge ? "gauge" : "counter", c->name, c->help, c->name, c->gauge ? "" : "_total",
                       room, index, __atomic_load_n (&c->value, __ATOMIC_RELAXED));
  g_mutex_unlock (&all.lock);
}
