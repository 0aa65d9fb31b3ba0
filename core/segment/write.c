/* write.c: appends records in groups: one write and one fdatasync for all that arrived while the last ones ran.
 *
 * The loop thread gathers; one job at a time runs in the pool. The job writes at known offsets, undoes a short write,
 * and syncs; afterwards the loop answers. A new file is created, its head written, file and folder synced, by the
 * same job, before its first record counts. Errors end the file: what waited on it fails, the next group begins
 * another file, and nobody syncs the old one again. */
#include "segment/format.h"

#include <errno.h>
#include <fcntl.h>
#include <pli/log.h>
#include <pli/segment.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#define GROUP_BYTES (32 * 1024 * 1024)

typedef struct Append Append;
struct Append
{
  Append *next;
  PliBuffer front; /* line, header, empty line */
  PliSpan body;
  char end[PLI_END_BYTES + 1];
  gsize header_bytes;
  PliRecordPlace place;
  PliAppended done;
  gpointer user;
};

typedef struct
{
  guint64 number;
  int fd;
  guint64 end; /* where the next record goes */
  char salt[PLI_SALT_LEN + 1];
  gboolean fresh; /* made in this job: head and folder need care */
} File;

typedef struct
{
  PliSegments *segments;
  Append *first;
  File file;
  int error; /* errno, 0 */
} Job;

struct PliSegments
{
  PliInstance *instance;
  char *folder;
  int folder_fd;
  PliSegmentLimits limits;
  Append *first, **last; /* gathered */
  File file;             /* fd -1: the next job makes one */
  guint64 next_number;
  gboolean running, rotate;
  guint64 free_bytes;
  gint64 free_checked_us;
};

char *
pli_segment_path (const char *folder, guint64 segment)
{
  return g_strdup_printf ("%s/%016" G_GINT64_MODIFIER "x.seg", folder, segment);
}

static int
write_all (int fd, struct iovec *iov, guint n, guint64 offset)
{
  while (n > 0)
    {
      ssize_t wrote = pwritev (fd, iov, (int) MIN (n, 1024), (off_t) offset);

      if (wrote < 0 && errno == EINTR)
        continue;
      if (wrote < 0)
        return errno;
      if (wrote == 0)
        return ENOSPC;
      offset += (guint64) wrote;
      while (n > 0 && (gsize) wrote >= iov->iov_len)
        {
          wrote -= (ssize_t) iov->iov_len;
          iov++;
          n--;
        }
      if (n > 0)
        {
          iov->iov_base = (char *) iov->iov_base + wrote;
          iov->iov_len -= (gsize) wrote;
        }
    }
  return 0;
}

static int
make_file (const char *folder, File *file)
{
  g_autofree char *path = pli_segment_path (folder, file->number);
  char head[PLI_HEAD_BYTES + 1];
  struct iovec iov = { head, PLI_HEAD_BYTES };

  file->fd = open (path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
  if (file->fd < 0)
    return errno;
  pli_salt_new (file->salt);
  pli_format_head (file->salt, head);
  file->end = PLI_HEAD_BYTES;
  file->fresh = TRUE;
  return write_all (file->fd, &iov, 1, 0);
}

static void
finish_record (File *file, Append *append)
{
  XXH3_state_t state;

  /* The line was left blank until the file, and so its salt, was known. */
  {
    char line[PLI_LINE_BYTES + 1];

    pli_format_line (file->salt, append->header_bytes, append->body.len, line);
    memcpy (append->front.data, line, PLI_LINE_BYTES);
  }
  XXH3_64bits_reset (&state);
  XXH3_64bits_update (&state, append->front.data, append->front.len);
  if (append->body.len > 0)
    XXH3_64bits_update (&state, append->body.data, append->body.len);
  pli_format_end (file->salt, XXH3_64bits_digest (&state), append->end);
  append->place = (PliRecordPlace){ file->number, file->end, file->end + append->front.len, append->body.len, 0 };
  file->end += append->front.len + append->body.len + PLI_END_BYTES;
  append->place.end = file->end;
}

/* In the pool. */
static void
run (gpointer user)
{
  Job *job = user;
  File *file = &job->file;
  g_autofree struct iovec *iov = NULL;
  guint n = 0, records = 0;
  guint64 start;

  if (file->fd < 0)
    job->error = make_file (job->segments->folder, file);
  start = file->end;
  for (Append *append = job->first; append; append = append->next)
    records++;
  iov = g_new (struct iovec, records * 3);
  for (Append *append = job->first; append && !job->error; append = append->next)
    {
      finish_record (file, append);
      iov[n++] = (struct iovec){ append->front.data, append->front.len };
      if (append->body.len > 0)
        iov[n++] = (struct iovec){ (char *) append->body.data, append->body.len };
      iov[n++] = (struct iovec){ append->end, PLI_END_BYTES };
    }
  if (!job->error)
    job->error = write_all (file->fd, iov, n, start);
  if (!job->error && fdatasync (file->fd) < 0)
    job->error = errno;
  if (!job->error && file->fresh && fsync (job->segments->folder_fd) < 0)
    job->error = errno;
}

static void start (PliSegments *segments);

static void
answer_all (Job *job, const GError *error)
{
  for (Append *append = job->first, *next; append; append = next)
    {
      next = append->next;
      append->done (append->user, error ? NULL : &append->place, error);
      pli_buffer_clear (&append->front);
      g_free (append);
    }
}

static GError *
make_error (int code)
{
  return g_error_new (PLI_ERROR, code == ENOSPC || code == EDQUOT ? PLI_ERROR_QUOTA : PLI_ERROR_TRY_AGAIN,
                      "segment: %s", g_strerror (code));
}

static void
after (gpointer user)
{
  Job *job = user;
  PliSegments *segments = job->segments;
  g_autoptr (GError) error = job->error ? make_error (job->error) : NULL;

  segments->file = job->file;
  segments->file.fresh = FALSE;
  if (error)
    pli_log (PLI_LOG_ERROR, "segment.failed", "why", error->message, NULL);
  if (error || segments->rotate || segments->file.end >= segments->limits.size)
    {
      if (segments->file.fd >= 0)
        close (segments->file.fd);
      segments->file.fd = -1;
      segments->rotate = FALSE;
    }
  segments->running = FALSE;
  if (error)
    segments->free_checked_us = 0;
  start (segments);
  answer_all (job, error);
  g_free (job);
}

/* A group is all that fits one file: a large body goes alone, into a file that it closes. */
static Append *
take_group (PliSegments *segments, gboolean *large)
{
  Append *first = segments->first, *end = first;
  gsize bytes = first->body.len;

  *large = first->body.len > segments->limits.large;
  while (!*large && end->next && end->next->body.len <= segments->limits.large && bytes < GROUP_BYTES)
    {
      end = end->next;
      bytes += end->body.len;
    }
  segments->first = end->next;
  if (!segments->first)
    segments->last = &segments->first;
  end->next = NULL;
  return first;
}

static void
start (PliSegments *segments)
{
  gboolean large;
  Job *job;

  if (segments->running || !segments->first)
    return;
  job = g_new0 (Job, 1);
  job->segments = segments;
  job->first = take_group (segments, &large);
  if (large && segments->file.fd >= 0)
    {
      close (segments->file.fd);
      segments->file.fd = -1;
    }
  job->file = segments->file;
  if (job->file.fd < 0)
    job->file.number = segments->next_number++;
  segments->rotate |= large;
  segments->running = TRUE;
  pli_offload (segments->instance, run, after, job);
}

guint64
pli_segments_free_bytes (PliSegments *segments)
{
  gint64 now = pli_clock_us (segments->instance);

  if (segments->free_checked_us == 0 || now - segments->free_checked_us > G_USEC_PER_SEC)
    {
      struct statvfs vfs;

      segments->free_checked_us = MAX (now, 1);
      segments->free_bytes = fstatvfs (segments->folder_fd, &vfs) == 0 ? (guint64) vfs.f_bavail * vfs.f_frsize : 0;
    }
  return segments->free_bytes;
}

void
pli_segments_append (PliSegments *segments, PliSpan header, PliSpan body, PliAppended done, gpointer user)
{
  Append *append = g_new0 (Append, 1);

  g_assert (header.len + 1 <= PLI_RECORD_HEADER_MAX);
  append->header_bytes = header.len + 1;
  pli_buffer_reserve (&append->front, PLI_LINE_BYTES + header.len + 1);
  append->front.len = PLI_LINE_BYTES;
  pli_buffer_add_span (&append->front, header);
  pli_buffer_add_char (&append->front, '\n');
  append->body = body;
  append->done = done;
  append->user = user;
  *segments->last = append;
  segments->last = &append->next;
  start (segments);
}

void
pli_segments_rotate (PliSegments *segments)
{
  if (segments->running)
    segments->rotate = TRUE;
  else if (segments->file.fd >= 0)
    {
      close (segments->file.fd);
      segments->file.fd = -1;
    }
}

guint64
pli_segments_current (PliSegments *segments)
{
  return segments->running || segments->file.fd >= 0 ? segments->next_number - 1 : segments->next_number;
}

PliSegments *
pli_segments_new (PliInstance *instance, const char *folder, const PliSegmentLimits *limits, GError **error)
{
  g_autoptr (GArray) numbers = pli_segment_list (folder, error);
  PliSegments *segments;
  int fd;

  if (!numbers)
    return NULL;
  fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    {
      g_set_error (error, PLI_ERROR, PLI_ERROR_TRY_AGAIN, "%s: %s", folder, g_strerror (errno));
      return NULL;
    }
  segments = g_new0 (PliSegments, 1);
  segments->instance = instance;
  segments->folder = g_strdup (folder);
  segments->folder_fd = fd;
  segments->limits = *limits;
  segments->last = &segments->first;
  segments->file.fd = -1;
  segments->next_number = MAX (limits->first_number, 1);
  if (numbers->len > 0)
    segments->next_number = MAX (segments->next_number, g_array_index (numbers, guint64, numbers->len - 1) + 1);
  return segments;
}

void
pli_segments_free (PliSegments *segments)
{
  if (!segments)
    return;
  /* The pool's job comes back through the loop, which the caller runs before this. */
  g_assert (!segments->running && !segments->first);
  if (segments->file.fd >= 0)
    close (segments->file.fd);
  close (segments->folder_fd);
  g_free (segments->folder);
  g_free (segments);
}

gboolean
pli_segments_idle (PliSegments *segments)
{
  return !segments->running && !segments->first;
}
