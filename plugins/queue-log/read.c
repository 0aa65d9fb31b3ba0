/* read.c: bytes of records. What the page cache holds, which is nearly everything that is young, is read at once on the
 * loop thread; the rest in the pool, so that a slow disk keeps nobody else waiting. The descriptor of the segment that was
 * read last stays open. */
#include "queue-log.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

struct Reading
{
  guint64 segment;
  int fd;
};

typedef struct
{
  char *path, *bytes;
  guint64 offset;
  gsize len;
  BytesRead func;
  gpointer user;
} Job;

static void
job_run (gpointer user)
{
  Job *job = user;
  int fd = open (job->path, O_RDONLY | O_CLOEXEC);
  gsize have = 0;

  job->bytes = g_malloc (job->len + 1);
  while (fd >= 0 && have < job->len)
    {
      ssize_t got = pread (fd, job->bytes + have, job->len - have, (off_t) (job->offset + have));

      if (got < 0 && errno == EINTR)
        continue;
      if (got <= 0)
        break;
      have += (gsize) got;
    }
  if (fd >= 0)
    close (fd);
  if (have < job->len || fd < 0)
    g_clear_pointer (&job->bytes, g_free);
}

static void
job_done (gpointer user)
{
  Job *job = user;

  job->func (job->user, job->bytes);
  g_free (job->path);
  g_free (job);
}

static int
descriptor (Queue *q, guint64 segment)
{
  g_autofree char *path = NULL;

  if (!q->reading)
    {
      q->reading = g_new (struct Reading, 1);
      *q->reading = (struct Reading){ 0, -1 };
    }
  if (q->reading->segment == segment && q->reading->fd >= 0)
    return q->reading->fd;
  if (q->reading->fd >= 0)
    close (q->reading->fd);
  path = pli_segment_path (pli_store_segments (q->instance), segment);
  *q->reading = (struct Reading){ segment, open (path, O_RDONLY | O_CLOEXEC) };
  return q->reading->fd;
}

void
read_bytes (Queue *q, guint64 segment, guint64 offset, gsize len, BytesRead func, gpointer user)
{
  char *bytes = g_malloc (len + 1);
  struct iovec part = { bytes, len };
  int fd = descriptor (q, segment);
  Job *job;

  if (fd >= 0 && preadv2 (fd, &part, 1, (off_t) offset, RWF_NOWAIT) == (ssize_t) len)
    {
      func (user, bytes);
      return;
    }
  g_free (bytes);
  job = g_new0 (Job, 1);
  *job = (Job){ pli_segment_path (pli_store_segments (q->instance), segment), NULL, offset, len, func, user };
  pli_offload (q->instance, job_run, job_done, job);
}

void
reading_free (struct Reading *reading)
{
  if (reading && reading->fd >= 0)
    close (reading->fd);
  g_free (reading);
}
