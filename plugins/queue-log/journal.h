/* journal.h: lines of the journal and of the snapshot, which are alike; and how a snapshot gets to the disk. */
#ifndef QUEUE_LOG_JOURNAL_H
#define QUEUE_LOG_JOURNAL_H

#include "queue-log.h"

/* A line is begun, filled, and ended with its checksum and LF. */
gsize journal_line_begin (PliBuffer *out);
void journal_line_end (PliBuffer *out, gsize from);
/* Steps to the next line whose checksum is right; @out_line is without it. */
gboolean journal_line_next (PliSpan *rest, PliSpan *out_line);
void journal_add_postponed (PliBuffer *out, const Message *m, const Child *child, const char *reason);
void journal_add_place (PliBuffer *out, const Message *m, const Child *child);
/* @places: -1 leaves it out */
void journal_add_mark (PliBuffer *out, char kind, const Message *m, guint32 number, gint places);
/* FALSE: errno says why. */
gboolean journal_write_all (int fd, PliSpan bytes);

/* The state now, as lines: scan offsets, then open messages. */
void snapshot_text (Queue *q, PliBuffer *out);
/* Durably replaces the snapshot, and opens journal @number, empty. Blocks; any thread. (transfer full): NULL, or why not. */
char *snapshot_install (const char *folder, PliSpan text, guint64 number, int *out_fd);

#endif
