/* read.c: finds records again: whole files at start, one header later. Trusts nothing that the checksum has not
 * confirmed, and never changes a file. Files are mapped; they are append-only and ours, so nobody shortens them. */
#include "segment/format.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

GArray *
pli_segment_list (const char *folder, GError **error)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, error);
  GArray *numbers;
  const char *name;

  if (!dir)
    return NULL;
  numbers = g_array_new (FALSE, FALSE, sizeof (guint64));
  while ((name = g_dir_read_name (dir)))
    {
      char *end;
      guint64 number = g_ascii_strtoull (name, &end, 16);

      if (end == name + 16 && g_str_equal (end, ".seg") && number > 0)
        g_array_append_val (numbers, number);
    }
  for (guint i = 1; i < numbers->len; i++)
    for (guint k = i; k > 0; k--)
      {
        guint64 *a = &g_array_index (numbers, guint64, k - 1), *b = a + 1, swap = *a;

        if (*a <= *b)
          break;
        *a = *b;
        *b = swap;
      }
  return numbers;
}

static gboolean
fail (GError **error, PliErrorCode code, const char *path, const char *why)
{
  g_set_error (error, PLI_ERROR, (gint) code, "%s: %s", path, why);
  return FALSE;
}

static int
open_segment (const char *folder, guint64 segment, char **out_path, guint64 *out_bytes, GError **error)
{
  struct stat st;
  int fd;

  *out_path = pli_segment_path (folder, segment);
  fd = open (*out_path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    {
      fail (error, errno == ENOENT ? PLI_ERROR_NOT_FOUND : PLI_ERROR_TRY_AGAIN, *out_path, g_strerror (errno));
      return -1;
    }
  if (fstat (fd, &st) < 0)
    g_error ("fstat: %s", g_strerror (errno));
  *out_bytes = (guint64) st.st_size;
  return fd;
}

/* Is there a whole record at @at? */
static gboolean
record_at (PliSpan file, const char *salt, guint64 at, guint64 *out_header, guint64 *out_body)
{
  PliSpan rest = pli_span_skip (file, at);
  guint64 sum, bytes;

  if (!pli_parse_line (rest, salt, out_header, out_body))
    return FALSE;
  bytes = PLI_LINE_BYTES + *out_header + *out_body;
  if (*out_body > rest.len || rest.len < bytes + PLI_END_BYTES || *out_header == 0)
    return FALSE;
  return pli_parse_end (pli_span_skip (rest, bytes), salt, &sum) && XXH3_64bits (rest.data, bytes) == sum;
}

/* Where the next "Pli-Record: SALT" is, from @at on; the end of the file when there is none. */
static guint64
find_next (PliSpan file, const char *salt, guint64 at)
{
  g_autofree char *wanted = g_strconcat ("Pli-Record: ", salt, NULL);
  PliSpan rest = pli_span_skip (file, at);
  const char *found = rest.len > 0 ? memmem (rest.data, rest.len, wanted, strlen (wanted)) : NULL;

  return found ? (guint64) (found - file.data) : file.len;
}

static void
scan (PliSpan file, const char *salt, guint64 segment, guint64 at, PliRecordFunc func, gpointer user, guint64 *out_end)
{
  gboolean skipped = FALSE;

  while (at < file.len)
    {
      guint64 header, body;
      PliRecordFound found;

      if (!record_at (file, salt, at, &header, &body))
        {
          skipped = TRUE;
          at = find_next (file, salt, at + 1);
          continue;
        }
      found.place = (PliRecordPlace){ segment, at, at + PLI_LINE_BYTES + header, body, 0 };
      found.header = pli_span (file.data + at + PLI_LINE_BYTES, header);
      found.skipped = skipped;
      skipped = FALSE;
      at += PLI_LINE_BYTES + header + body + PLI_END_BYTES;
      found.place.end = *out_end = at;
      if (!func (&found, user))
        return;
    }
}

gboolean
pli_segment_scan (const char *folder, guint64 segment, guint64 from, PliRecordFunc func, gpointer user,
                  guint64 *out_end, GError **error)
{
  g_autofree char *path = NULL;
  char salt[PLI_SALT_LEN + 1];
  guint64 bytes;
  int fd = open_segment (folder, segment, &path, &bytes, error);
  void *map = MAP_FAILED;
  PliSpan file;
  gboolean ok;

  if (fd < 0)
    return FALSE;
  if (bytes >= PLI_HEAD_BYTES)
    map = mmap (NULL, bytes, PROT_READ, MAP_PRIVATE, fd, 0);
  close (fd);
  if (map == MAP_FAILED)
    return fail (error, bytes < PLI_HEAD_BYTES ? PLI_ERROR_CORRUPT : PLI_ERROR_TRY_AGAIN, path,
                 bytes < PLI_HEAD_BYTES ? "has no head" : g_strerror (errno));
  file = pli_span (map, bytes);
  ok = pli_parse_head (file, salt);
  *out_end = MAX (from, PLI_HEAD_BYTES);
  if (ok)
    scan (file, salt, segment, *out_end, func, user, out_end);
  munmap (map, bytes);
  return ok || fail (error, PLI_ERROR_CORRUPT, path, "has a damaged head");
}

static gboolean
sync_path (const char *path, int flags)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC | flags);
  gboolean ok = fd >= 0 && fsync (fd) == 0;

  if (fd >= 0)
    close (fd);
  return ok;
}

gboolean
pli_segment_sync (const char *folder, guint64 segment, GError **error)
{
  g_autofree char *path = pli_segment_path (folder, segment);

  if (sync_path (path, 0) && sync_path (folder, O_DIRECTORY))
    return TRUE;
  return fail (error, PLI_ERROR_TRY_AGAIN, path, g_strerror (errno));
}

static gboolean
read_at (int fd, char *out, gsize bytes, guint64 at)
{
  gsize have = 0;

  while (have < bytes)
    {
      ssize_t got = pread (fd, out + have, bytes - have, (off_t) (at + have));

      if (got < 0 && errno == EINTR)
        continue;
      if (got <= 0)
        return FALSE;
      have += (gsize) got;
    }
  return TRUE;
}

gboolean
pli_segment_read_header (const char *folder, guint64 segment, guint64 offset, PliBuffer *out, PliRecordPlace *out_place,
                         GError **error)
{
  g_autofree char *path = NULL;
  char head[PLI_HEAD_BYTES], line[PLI_LINE_BYTES], salt[PLI_SALT_LEN + 1];
  guint64 bytes, header = 0, body = 0;
  int fd = open_segment (folder, segment, &path, &bytes, error);
  gboolean ok;

  if (fd < 0)
    return FALSE;
  ok = read_at (fd, head, sizeof head, 0) && pli_parse_head (pli_span (head, sizeof head), salt)
       && read_at (fd, line, sizeof line, offset) && pli_parse_line (pli_span (line, sizeof line), salt, &header, &body)
       && header <= bytes && read_at (fd, pli_buffer_reserve (out, header), header, offset + PLI_LINE_BYTES);
  close (fd);
  if (!ok)
    return fail (error, PLI_ERROR_CORRUPT, path, "has no record there");
  out->len += header;
  *out_place = (PliRecordPlace){ segment, offset, offset + PLI_LINE_BYTES + header, body,
                                 offset + PLI_LINE_BYTES + header + body + PLI_END_BYTES };
  return TRUE;
}
