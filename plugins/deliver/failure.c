/* failure.c: addresses that could not be connected to, or refused at the greeting, are left alone for a short time, so
 * that each of many messages does not wait for the same dead host. RFC 5321 4.5.4.1. */
#include "deliver.h"

/* The text of @address and @port, in @buffer or newly allocated into @heap. */
static const char *
key_of (const char *address, guint port, char *buffer, gsize size, char **heap)
{
  if ((gsize) g_snprintf (buffer, size, "%s %u", address, port) < size)
    return buffer;
  *heap = g_strdup_printf ("%s %u", address, port);
  return *heap;
}

void
failure_free (gpointer failure)
{
  g_free (((Failure *) failure)->text);
  g_free (failure);
}

void
failure_note (Deliver *deliver, const char *address, guint port, const char *text)
{
  Failure *failure;

  if (deliver_settings (deliver)->host_failure == 0)
    return;
  failure = g_new0 (Failure, 1);
  failure->until_us = pli_clock_us (deliver->instance) + deliver_settings (deliver)->host_failure;
  failure->text = g_strdup (text);
  g_hash_table_replace (deliver->failures, g_strdup_printf ("%s %u", address, port), failure);
  pli_counter_add (deliver->failed, 1);
  deliver_want_sweep (deliver);
}

void
failure_forget (Deliver *deliver, const char *address, guint port)
{
  char buffer[128];
  g_autofree char *heap = NULL;

  if (g_hash_table_size (deliver->failures) > 0)
    g_hash_table_remove (deliver->failures, key_of (address, port, buffer, sizeof buffer, &heap));
}

const char *
failure_of (Deliver *deliver, const char *address, guint port)
{
  char buffer[128];
  g_autofree char *heap = NULL;
  Failure *failure = NULL;

  if (g_hash_table_size (deliver->failures) > 0)
    failure = g_hash_table_lookup (deliver->failures, key_of (address, port, buffer, sizeof buffer, &heap));
  return failure && failure->until_us > pli_clock_us (deliver->instance) ? failure->text : NULL;
}

gboolean
failure_sweep (gpointer key, gpointer value, gpointer now_us)
{
  (void) key;
  return ((Failure *) value)->until_us <= *(const gint64 *) now_us;
}
