/* segment.c: records come back whole; groups share a sync; damage is skipped and looked behind; mailed bytes cannot pose as a
 * record; a large body has a file of its own; a full volume refuses and recovers. */
#include "loop/op.h"

#include "log/event.h"
#include <fcntl.h>
#include <glib/gstdio.h>
#include <pli/segment.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

typedef struct
{
  PliInstance *instance;
  char *folder;
  PliSegments *segments;
  guint answered, failed;
  GArray *places; /* PliRecordPlace */
} Scene;

static void
begin (Scene *s, guint64 size, guint64 large)
{
  PliSegmentLimits limits = { .size = size, .large = large };
  g_autoptr (GError) error = NULL;

  memset (s, 0, sizeof *s);
  s->instance = pli_instance_new ();
  s->folder = g_dir_make_tmp ("pli-segment-XXXXXX", &error);
  g_assert_no_error (error);
  s->places = g_array_new (FALSE, FALSE, sizeof (PliRecordPlace));
  s->segments = pli_segments_new (s->instance, s->folder, &limits, &error);
  g_assert_no_error (error);
}

static void
end (Scene *s)
{
  g_autoptr (GArray) numbers = pli_segment_list (s->folder, NULL);

  pli_segments_free (s->segments);
  for (guint i = 0; i < numbers->len; i++)
    {
      g_autofree char *path = pli_segment_path (s->folder, g_array_index (numbers, guint64, i));

      g_unlink (path);
    }
  g_rmdir (s->folder);
  g_free (s->folder);
  g_array_unref (s->places);
  pli_instance_free (s->instance);
}

static void
appended (gpointer user, const PliRecordPlace *place, const GError *error)
{
  Scene *s = user;

  s->answered++;
  if (error)
    s->failed++;
  else
    g_array_append_val (s->places, *place);
}

static void
append (Scene *s, const char *id, PliSpan body)
{
  PliBuffer header = { 0 };

  pli_record_field_add (&header, "id", pli_span_from (id));
  pli_record_field_add (&header, "odd", pli_span ("a\r\nb\\\0c", 8));
  pli_segments_append (s->segments, pli_buffer_span (&header), body, appended, s);
  pli_buffer_clear (&header);
}

static void
until (Scene *s, guint n)
{
  while (s->answered < n)
    pli_loop_step (s->instance->loop, 1000 * 1000);
}

static gboolean
collect (const PliRecordFound *found, gpointer user)
{
  g_autoptr (PliArena) arena = pli_arena_new ();
  PliSpan rest = found->header, name, value;

  g_assert_true (pli_record_field_next (&rest, arena, &name, &value));
  g_assert_true (pli_span_is (name, "id"));
  g_string_append_printf (user, "%s%.*s", found->skipped ? "!" : "", (int) value.len, value.data);
  g_assert_true (pli_record_field_next (&rest, arena, &name, &value));
  g_assert_cmpmem (value.data, value.len, "a\r\nb\\\0c", 8);
  return TRUE;
}

static char *
scan (Scene *s, guint64 segment)
{
  GString *seen = g_string_new ("");
  g_autoptr (GError) error = NULL;
  guint64 last;

  pli_segment_scan (s->folder, segment, 0, collect, seen, &last, &error);
  g_assert_no_error (error);
  return g_string_free (seen, FALSE);
}

static void
test_written_and_found (void)
{
  Scene s;
  g_autofree char *seen = NULL;
  PliBuffer header = { 0 };
  PliRecordPlace place;
  g_autoptr (GError) error = NULL;

  begin (&s, 1 << 20, 1 << 20);
  append (&s, "a", PLI_SPAN ("first\r\n"));
  append (&s, "b", PLI_SPAN (""));
  append (&s, "c", PLI_SPAN ("third"));
  until (&s, 3);
  seen = scan (&s, 1);
  g_assert_cmpstr (seen, ==, "abc");
  {
    PliRecordPlace *c = &g_array_index (s.places, PliRecordPlace, 2);

    g_assert_true (pli_segment_read_header (s.folder, c->segment, c->offset, &header, &place, &error));
    g_assert_cmpuint (place.body_offset, ==, c->body_offset);
    g_assert_cmpuint (place.body_bytes, ==, 5);
    g_assert_cmpuint (place.end, ==, c->end);
    g_assert_false (pli_segment_read_header (s.folder, c->segment, c->offset + 1, &header, &place, NULL));
  }
  pli_buffer_clear (&header);
  end (&s);
}

static void
change_byte (Scene *s, guint64 segment, guint64 at)
{
  g_autofree char *path = pli_segment_path (s->folder, segment);
  int fd = open (path, O_RDWR);
  char c;

  g_assert_cmpint (pread (fd, &c, 1, (off_t) at), ==, 1);
  c ^= 1;
  g_assert_cmpint (pwrite (fd, &c, 1, (off_t) at), ==, 1);
  close (fd);
}

/* Whatever byte of the second record is hit, the first and the third are found. */
static void
test_damage_is_skipped (void)
{
  Scene s;
  PliRecordPlace *b;

  begin (&s, 1 << 20, 1 << 20);
  append (&s, "a", PLI_SPAN ("first"));
  append (&s, "b", PLI_SPAN ("second"));
  append (&s, "c", PLI_SPAN ("third"));
  until (&s, 3);
  b = &g_array_index (s.places, PliRecordPlace, 1);
  for (guint64 at = b->offset; at < b->end; at++)
    {
      g_autofree char *seen = NULL;

      change_byte (&s, 1, at);
      seen = scan (&s, 1);
      g_assert_cmpstr (seen, ==, "a!c");
      change_byte (&s, 1, at);
    }
  end (&s);
}

/* A file that was cut by a crash ends with what was whole. */
static void
test_cut_file (void)
{
  Scene s;
  PliRecordPlace *b;
  g_autofree char *path = NULL;

  begin (&s, 1 << 20, 1 << 20);
  append (&s, "a", PLI_SPAN ("first"));
  append (&s, "b", PLI_SPAN ("second"));
  until (&s, 2);
  b = &g_array_index (s.places, PliRecordPlace, 1);
  path = pli_segment_path (s.folder, 1);
  for (guint64 len = b->end - 1; len >= b->offset; len--)
    {
      g_autofree char *seen = NULL;

      g_assert_cmpint (truncate (path, (off_t) len), ==, 0);
      seen = scan (&s, 1);
      g_assert_cmpstr (seen, ==, "a");
    }
  end (&s);
}

/* Somebody mails the bytes of a record, but cannot know the salt of the file that they come to lie in. */
static void
test_mailed_record_is_no_record (void)
{
  Scene s;
  g_autofree char *text = NULL, *path = NULL, *seen = NULL;
  PliRecordPlace *a;
  gsize len;

  begin (&s, 1 << 20, 1 << 20);
  append (&s, "a", PLI_SPAN ("first"));
  until (&s, 1);
  path = pli_segment_path (s.folder, 1);
  g_assert_true (g_file_get_contents (path, &text, &len, NULL));
  a = &g_array_index (s.places, PliRecordPlace, 0);
  pli_segments_rotate (s.segments);
  append (&s, "b", pli_span (text + a->offset, a->end - a->offset));
  until (&s, 2);
  change_byte (&s, 2, g_array_index (s.places, PliRecordPlace, 1).offset + 3);
  seen = scan (&s, 2);
  g_assert_cmpstr (seen, ==, "");
  end (&s);
}

static void
test_large_body_has_its_own_file (void)
{
  Scene s;
  g_autofree char *big = g_strnfill (5000, 'x');

  begin (&s, 1 << 20, 1000);
  append (&s, "a", PLI_SPAN ("small"));
  append (&s, "b", pli_span (big, 5000));
  append (&s, "c", PLI_SPAN ("small"));
  until (&s, 3);
  g_assert_cmpuint (g_array_index (s.places, PliRecordPlace, 0).segment, ==, 1);
  g_assert_cmpuint (g_array_index (s.places, PliRecordPlace, 1).segment, ==, 2);
  g_assert_cmpuint (g_array_index (s.places, PliRecordPlace, 2).segment, ==, 3);
  end (&s);
}

static void
test_many_rotate (void)
{
  Scene s;
  g_autofree char *body = g_strnfill (700, 'y');
  guint found = 0;

  begin (&s, 20000, 10000);
  for (guint i = 0; i < 500; i++)
    append (&s, "r", pli_span (body, 700));
  until (&s, 500);
  g_assert_cmpuint (s.failed, ==, 0);
  {
    g_autoptr (GArray) numbers = pli_segment_list (s.folder, NULL);

    for (guint i = 0; i < numbers->len; i++)
      {
        g_autofree char *seen = scan (&s, g_array_index (numbers, guint64, i));

        found += (guint) strlen (seen);
      }
  }
  g_assert_cmpuint (found, ==, 500);
  end (&s);
}

/* A write error ends the file, and the next record goes to another. A limit on file sizes stands for a full volume. */
static void
test_write_error_ends_the_file (void)
{
  Scene s;
  struct rlimit before, small = { 2000, RLIM_INFINITY };
  g_autofree char *body = g_strnfill (3000, 'z'), *seen = NULL;
  guint64 first;

  signal (SIGXFSZ, SIG_IGN);
  begin (&s, 1 << 20, 1 << 20);
  append (&s, "a", PLI_SPAN ("first"));
  until (&s, 1);
  first = g_array_index (s.places, PliRecordPlace, 0).segment;
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &before), ==, 0);
  small.rlim_max = before.rlim_max;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &small), ==, 0);
  append (&s, "b", pli_span (body, 3000));
  until (&s, 2);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &before), ==, 0);
  g_assert_cmpuint (s.failed, ==, 1);
  append (&s, "c", PLI_SPAN ("third"));
  until (&s, 3);
  g_assert_cmpuint (s.failed, ==, 1);
  g_assert_cmpuint (g_array_index (s.places, PliRecordPlace, 1).segment, >, first);
  seen = scan (&s, first);
  g_assert_cmpstr (seen, ==, "a");
  end (&s);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  pli_log_setup (2, FALSE, PLI_LOG_ERROR + 1, "test");
  g_test_add_func ("/segment/written-and-found", test_written_and_found);
  g_test_add_func ("/segment/damage-is-skipped", test_damage_is_skipped);
  g_test_add_func ("/segment/cut-file", test_cut_file);
  g_test_add_func ("/segment/mailed-record-is-no-record", test_mailed_record_is_no_record);
  g_test_add_func ("/segment/large-body-has-its-own-file", test_large_body_has_its_own_file);
  g_test_add_func ("/segment/many-rotate", test_many_rotate);
  g_test_add_func ("/segment/write-error-ends-the-file", test_write_error_ends_the_file);
  return g_test_run ();
}
