/* snapshot.c: the whole state of the queue in one file:
 *
 *   SUM j JOURNAL             number of the journal that goes on from here
 *   SUM e SEGMENT OFFSET      records before OFFSET are open only if they are named below
 *   SUM m SEGMENT OFFSET      an open record, then its children as in the journal
 *   SUM z LINES               the end; without it the file does not count
 *
 * It is written beside the old one and renamed, so that one of the two is always whole. */
#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static void
add_child (PliBuffer *out, const Message *m, const Child *child, guint *lines)
{
  if (child->owned)
    {
      journal_add_place (out, m, child);
      ++*lines;
    }
  if (child->copied)
    {
      journal_add_mark (out, 'k', m, child->number, -1);
      ++*lines;
    }
  if (child->state == CHILD_SETTLED)
    journal_add_mark (out, 's', m, child->number, -1);
  else
    journal_add_postponed (out, m, child, child->reason);
  ++*lines;
}

void
snapshot_text (Queue *q, PliBuffer *out)
{
  GHashTableIter iter;
  gpointer value;
  guint lines = 0;
  gsize from;

  g_hash_table_iter_init (&iter, q->ends);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      guint64 *end = value;

      from = journal_line_begin (out);
      pli_buffer_printf (out, "e %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT, end[0], end[1]);
      journal_line_end (out, from);
      lines++;
    }
  g_hash_table_iter_init (&iter, q->messages);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Message *m = value;

      from = journal_line_begin (out);
      pli_buffer_printf (out, "m %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT, m->key[0], m->key[1]);
      journal_line_end (out, from);
      lines++;
      if (m->warned)
        {
          journal_add_mark (out, 'w', m, 0, -1);
          lines++;
        }
      for (guint i = 0; i < m->n_children; i++)
        add_child (out, m, &m->children[i], &lines);
    }
  from = journal_line_begin (out);
  pli_buffer_printf (out, "z %u", lines);
  journal_line_end (out, from);
}

static gboolean
write_file (const char *path, PliSpan number, PliSpan text)
{
  int fd = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  gboolean ok = fd >= 0 && journal_write_all (fd, number) && journal_write_all (fd, text) && fsync (fd) == 0;

  if (fd >= 0 && close (fd) < 0)
    ok = FALSE;
  return ok;
}

static gboolean
sync_folder (const char *folder)
{
  int fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  gboolean ok = fd >= 0 && fsync (fd) == 0;

  if (fd >= 0)
    close (fd);
  return ok;
}

char *
snapshot_install (const char *folder, PliSpan text, guint64 number, int *out_fd)
{
  g_autofree char *path = g_build_filename (folder, "snapshot", NULL);
  g_autofree char *fresh = g_build_filename (folder, "snapshot.new", NULL);
  g_autofree char *journal = g_strdup_printf ("%s/journal-%016" G_GINT64_MODIFIER "x", folder, number);
  g_autofree char *before = g_strdup_printf ("%s/journal-%016" G_GINT64_MODIFIER "x", folder, number - 1);
  PliBuffer line = { 0 };
  gsize from = journal_line_begin (&line);
  gboolean ok;
  int fd = open (journal, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);

  pli_buffer_printf (&line, "j %" G_GUINT64_FORMAT, number);
  journal_line_end (&line, from);
  ok = fd >= 0 && write_file (fresh, pli_buffer_span (&line), text) && sync_folder (folder) && rename (fresh, path) == 0
       && sync_folder (folder);
  pli_buffer_clear (&line);
  if (!ok)
    {
      int why = errno;

      if (fd >= 0)
        close (fd);
      return g_strdup (g_strerror (why));
    }
  if (unlink (before) < 0 && errno != ENOENT)
    pli_log (PLI_LOG_WARNING, "queue.journal-kept", "path", before, "why", g_strerror (errno), NULL);
  *out_fd = fd;
  return NULL;
}
