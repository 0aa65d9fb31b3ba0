/* segment.h: append-only files of records, made durable in groups; for queues (which write) and stores (which read).
 *
 * A record is a text header (one `field: value` a line), a body, and a trailer with a checksum. Every record of a file
 * carries the file's random 128-bit salt, so that bytes that came by mail cannot pose as a record. A file that had a
 * write or sync error is never appended to again. Bodies over `large` bytes get a file of their own. Numbers of files
 * rise and are never used again; a file is called NUMBER.seg, 16 hexadecimal digits. Thread: loop; writes and syncs run
 * in the offload pool. */
#ifndef PLI_SEGMENT_H
#define PLI_SEGMENT_H

#include <pli/op.h>

G_BEGIN_DECLS

typedef struct PliSegments PliSegments;

typedef struct
{
  guint64 size;         /* a file is closed when it has grown over this */
  guint64 large;        /* bodies over this have a file to themselves */
  guint64 free_min;     /* bytes that must stay free on the volume: PLI_ERROR_QUOTA before that */
  guint64 first_number; /* no new file gets a lower number, whatever the folder holds */
} PliSegmentLimits;

/* Where a record lies. */
typedef struct
{
  guint64 segment;
  guint64 offset; /* of the record in the file; with segment: its name for ever */
  guint64 body_offset;
  guint64 body_bytes;
  guint64 end; /* behind its trailer */
} PliRecordPlace;

/* @error: NULL when the record is durable; PLI_ERROR_QUOTA: no room; PLI_ERROR_TRY_AGAIN: write or sync failed. */
typedef void (*PliAppended) (gpointer user, const PliRecordPlace *place, const GError *error);

/* Opens the folder for writing; always begins a new file. Errors: PLI_ERROR_TRY_AGAIN. */
PLI_API PliSegments *
pli_segments_new (PliInstance *instance, const char *folder, const PliSegmentLimits *limits, GError **error);
/* Nothing may be under way: pli_segments_idle(). NULL is fine. */
PLI_API void pli_segments_free (PliSegments *segments);
/**
 * pli_segments_append:
 * @header: (transfer none): `field: value` lines with LF; see pli_record_field_add()
 * @body: (transfer none): must stay until @done is called
 *
 * Adds a record. Those that arrive while a group is being synced form the next group.
 */
PLI_API void pli_segments_append (PliSegments *segments, PliSpan header, PliSpan body, PliAppended done, gpointer user);
PLI_API gboolean pli_segments_idle (PliSegments *segments);
/* Closes the file that is written to now; the next record begins another. */
PLI_API void pli_segments_rotate (PliSegments *segments);
/* Number of the file that is written to now: all lower ones are complete. */
PLI_API guint64 pli_segments_current (PliSegments *segments);
/* Bytes free on the volume, as of the last second. */
PLI_API guint64 pli_segments_free_bytes (PliSegments *segments);

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
