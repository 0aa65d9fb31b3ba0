/* record.h: segment files as they are read: what a record is, where it lies, scanning and checking. See <pli/segment.h>
 * for writing them.
 *
 * A record is a text header (one `field: value` a line), a body, and a trailer with a checksum. Every record of a file
 * carries the file's random 128-bit salt, so that bytes that came by mail cannot pose as a record. A file is called
 * NUMBER.seg, 16 hexadecimal digits. Any thread. */
#ifndef PLI_RECORD_H
#define PLI_RECORD_H

#include <pli/base.h>

G_BEGIN_DECLS

/* Where a record lies. */
typedef struct
{
  guint64 segment;
  guint64 offset; /* of the record in the file; with segment: its name for ever */
  guint64 body_offset;
  guint64 body_bytes;
  guint64 end; /* behind its trailer */
} PliRecordPlace;

/* Appends "name: value\n"; backslash, CR, LF and NUL of the value are written as \\ \r \n \0. */
PLI_API void pli_record_field_add (PliBuffer *header, const char *name, PliSpan value);
/* Steps to the next line; @value is decoded into @arena when it holds a backslash. */
PLI_API gboolean pli_record_field_next (PliSpan *rest, PliArena *arena, PliSpan *out_name, PliSpan *out_value);

/* A record as read back. */
typedef struct
{
  PliRecordPlace place;
  PliSpan header;   /* valid during the callback */
  gboolean skipped; /* bytes before it were damaged */
} PliRecordFound;

/* FALSE stops the scan. */
typedef gboolean (*PliRecordFunc) (const PliRecordFound *found, gpointer user);

/**
 * pli_segment_scan:
 * @from: offset to begin at: 0, or one behind a record
 * @out_end: (out): offset behind the last good record
 *
 * Visits each record whose checksum is right. Damaged stretches are skipped, and looked behind. Never changes the file.
 * Blocks: use it at start, or in the pool.
 *
 * Errors: PLI_ERROR_CORRUPT when the file has no head (nothing of it was ever durable), PLI_ERROR_NOT_FOUND.
 */
PLI_API gboolean pli_segment_scan (const char *folder, guint64 segment, guint64 from, PliRecordFunc func, gpointer user,
                                   guint64 *out_end, GError **error);
/* Makes a file durable that a scan found records in: the room that wrote them may have died before its sync. Blocks.
 * Errors: PLI_ERROR_TRY_AGAIN. */
PLI_API gboolean pli_segment_sync (const char *folder, guint64 segment, GError **error);
/* The header of one record, into @out. Blocks on a read of a few KiB. Errors: PLI_ERROR_CORRUPT, PLI_ERROR_NOT_FOUND. */
PLI_API gboolean pli_segment_read_header (const char *folder, guint64 segment, guint64 offset, PliBuffer *out,
                                          PliRecordPlace *out_place, GError **error);
/* (transfer full) (element-type guint64): numbers of the files of a folder, rising. */
PLI_API GArray *pli_segment_list (const char *folder, GError **error);
/* (transfer full) */
PLI_API char *pli_segment_path (const char *folder, guint64 segment);

G_END_DECLS

#endif
