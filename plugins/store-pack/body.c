/* body.c: see body.h. What the page cache holds is read at once; the rest in the offload pool, so that a slow disk keeps
 * nobody else waiting. Descriptors of segments are kept, the 64 used last. */
#include "body.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define DESCRIPTORS_MOST 64

typedef struct
{
  guint64 segment; /* 0: not kept */
  int fd;
  guint references;
} Body;

struct PackBodies
{
  GQueue kept; /* Body, most recently used first */
};

PackBodies *
pack_bodies_new (void)
{
  return g_new0 (PackBodies, 1);
}

static void
body_unref (gpointer data)
{
  Body *body = data;

  if (--body->references > 0)
    return;
  close (body->fd);
  g_free (body);
}

void
pack_bodies_free (PackBodies *bodies)
{
  g_queue_clear_full (&bodies->kept, body_unref);
  g_free (bodies);
}

static GError *
corrupt (const char *path, const char *why)
{
  pli_log (PLI_LOG_ERROR, "store.body", "path", path, "error", why, NULL);
  return g_error_new (PLI_ERROR, PLI_ERROR_CORRUPT, "the message cannot be read: %s", why);
}

/* (transfer full) */
static Body *
body_open (const char *path, guint64 segment, GError **error)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  Body *body;

  if (fd < 0 && errno == ENOENT)
    g_propagate_error (error, corrupt (path, g_strerror (errno)));
  else if (fd < 0)
    g_set_error (error, PLI_ERROR, PLI_ERROR_TRY_AGAIN, "the message cannot be read: %s", g_strerror (errno));
  if (fd < 0)
    return NULL;
  body = g_new0 (Body, 1);
  body->segment = segment;
  body->fd = fd;
  body->references = 1;
  return body;
}

/* (transfer full) */
static Body *
segment_get (Pack *pack, guint64 segment, GError **error)
{
  GQueue *kept = &pack->bodies->kept;
  Body *body = NULL;

  for (GList *one = kept->head; one && !body; one = one->next)
    if (((Body *) one->data)->segment == segment)
      {
        g_queue_unlink (kept, one);
        g_queue_push_head_link (kept, one);
        body = one->data;
      }
  if (!body)
    {
      g_autofree char *path =
          g_strdup_printf ("%s/%016" G_GINT64_MODIFIER "x.seg", pli_store_segments (pack->instance), segment);

      body = body_open (path, segment, error);
      if (!body)
        return NULL;
      g_queue_push_head (kept, body);
      if (kept->length > DESCRIPTORS_MOST)
        body_unref (g_queue_pop_tail (kept));
    }
  body->references++;
  return body;
}

void
pack_bodies_forget (PackBodies *bodies, guint64 below)
{
  for (GList *one = bodies->kept.head, *next; one; one = next)
    {
      next = one->next;
      if (((Body *) one->data)->segment >= below)
        continue;
      body_unref (one->data);
      g_queue_delete_link (&bodies->kept, one);
    }
}

static char *
pack_path (PackAccount *account, guint64 number)
{
  return g_strdup_printf ("%s/pack-%" G_GUINT64_FORMAT, account->path, number);
}

typedef struct
{
  PackCall *call;
  Body *body;
  char *data;
  gsize length, have;
  guint64 offset;
  int error; /* errno; 0 with too few bytes: the file is short */
} Read;

/* Offload pool. */
static void
read_rest (gpointer user)
{
  Read *read = user;

  while (read->have < read->length)
    {
      gssize got = pread (read->body->fd, read->data + read->have, read->length - read->have,
                          (off_t) (read->offset + read->have));

      if (got < 0 && errno == EINTR)
        continue;
      if (got <= 0)
        {
          read->error = got < 0 ? errno : 0;
          return;
        }
      read->have += (gsize) got;
    }
}

static GError *
read_result (const Read *read)
{
  if (read->have == read->length)
    return NULL;
  return corrupt (read->body->segment ? "segment" : "pack",
                  read->error ? g_strerror (read->error) : "the file is too short");
}

static void
read_over (gpointer user)
{
  Read *read = user;
  GError *error = read_result (read);

  body_unref (read->body);
  pack_call_finish (read->call, error);
}

/* What is in the page cache; no more when that is not enough. */
static void
read_cached (Read *read)
{
  struct iovec part = { read->data, read->length };
  gssize got = preadv2 (read->body->fd, &part, 1, (off_t) read->offset, RWF_NOWAIT);

  read->have = got > 0 ? (gsize) got : 0;
}

PackStep
pack_body_read (PackCall *call, gint64 segment, guint64 offset, guint32 length, PliReadResult *result)
{
  Read *read = pli_arena_new0 (call->arena, Read);
  g_autofree char *path = segment < 0 ? pack_path (call->account, (guint64) -segment) : NULL;

  read->body = path ? body_open (path, 0, &call->error) : segment_get (call->pack, (guint64) segment, &call->error);
  if (!read->body)
    return PACK_FAIL;
  read->data = pli_arena_alloc (call->arena, length);
  read->length = length;
  read->offset = offset;
  result->bytes = pli_span (read->data, length);
  read_cached (read);
  if (read->have == read->length)
    {
      body_unref (read->body);
      return PACK_DONE;
    }
  read->call = pack_call_keep (call);
  pack_offload (call->pack, read_rest, read_over, read);
  return PACK_AWAY;
}

gboolean
pack_body_open (PackAccount *account, GError **error)
{
  g_autofree char *path = NULL;
  struct stat status;

  account->pack_dirty = TRUE;
  if (account->pack_fd >= 0)
    return TRUE;
  path = pack_path (account, account->pack_number);
  account->pack_fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (account->pack_fd >= 0 && fstat (account->pack_fd, &status) == 0)
    {
      account->created |= status.st_size == 0;
      account->pack_end = MAX (account->pack_end, (guint64) status.st_size);
      return TRUE;
    }
  g_set_error (error, PLI_ERROR, errno == ENOSPC || errno == EDQUOT ? PLI_ERROR_QUOTA : PLI_ERROR_TRY_AGAIN, "%s: %s",
               path, g_strerror (errno));
  return FALSE;
}

gboolean
pack_body_place (PackAccount *account, gsize bytes, gint64 *out_segment, guint64 *out_offset, GError **error)
{
  /* A pack that a round syncs now, or that must be synced, stays open. */
  if (account->pack_fd >= 0 && account->pack_end >= pack_settings (account->pack)->pack_size && !account->syncing
      && !account->pack_dirty)
    {
      close (account->pack_fd);
      account->pack_fd = -1;
      account->pack_end = 0;
      account->pack_number++;
      account->meta_changed = TRUE;
    }
  if (!pack_body_open (account, error))
    return FALSE;
  *out_segment = -(gint64) account->pack_number;
  *out_offset = account->pack_end;
  account->pack_end += bytes;
  return TRUE;
}

gboolean
pack_body_write (int fd, PliSpan bytes, guint64 offset)
{
  while (bytes.len > 0)
    {
      gssize wrote = pwrite (fd, bytes.data, bytes.len, (off_t) offset);

      if (wrote < 0 && errno == EINTR)
        continue;
      if (wrote < 0)
        return FALSE;
      bytes = pli_span_skip (bytes, (gsize) wrote);
      offset += (guint64) wrote;
    }
  return TRUE;
}
