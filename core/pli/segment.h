/* segment.h: appending to segments, files of records made durable in groups; for queues. Reading is in <pli/record.h>.
 *
 * A file that had a write or sync error is never appended to again. Bodies over `large` bytes get a file of their own.
 * Numbers of files rise and are never used again. Thread: loop; writes and syncs run in the offload pool. */
#ifndef PLI_SEGMENT_H
#define PLI_SEGMENT_H

#include <pli/op.h>
#include <pli/record.h>

G_BEGIN_DECLS

typedef struct PliSegments PliSegments;

typedef struct
{
  guint64 size;         /* a file is closed when it has grown over this */
  guint64 large;        /* bodies over this have a file to themselves */
  guint64 free_min;     /* bytes that must stay free on the volume: PLI_ERROR_QUOTA before that */
  guint64 first_number; /* no new file gets a lower number, whatever the folder holds */
} PliSegmentLimits;

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

G_END_DECLS

#endif
