/* Tests of lib/mail/edits.c. */
#include "testdata.h"

#define MESSAGE "A: 1\r\nB: 2\r\n b\r\nA: 3\r\nA: 4\r\n\r\nbody\r\n"
#define TOP PLI_EDIT_ADD_TOP
#define END PLI_EDIT_ADD_END
#define DEL PLI_EDIT_REMOVE
#define SET PLI_EDIT_REPLACE

typedef struct
{
  PliEditKind kind;
  int index;
  const char *name;
  const char *value;
} Edit;

static const struct
{
  const char *message;
  Edit edits[3];
  const char *header;
} cases[] = {
  { MESSAGE, { { 0 } }, "A: 1\r\nB: 2\r\n b\r\nA: 3\r\nA: 4\r\n\r\n" },
  { MESSAGE,
    { { TOP, 0, "X", "1" }, { TOP, 0, "Y", "2" }, { END, 0, "Z", "3" } },
    "Y: 2\r\nX: 1\r\nA: 1\r\nB: 2\r\n b\r\nA: 3\r\nA: 4\r\nZ: 3\r\n\r\n" },
  { MESSAGE, { { DEL, 0, "a", NULL } }, "B: 2\r\n b\r\n\r\n" },
  { MESSAGE, { { DEL, 1, "A", NULL } }, "B: 2\r\n b\r\nA: 3\r\nA: 4\r\n\r\n" },
  { MESSAGE, { { DEL, 2, "A", NULL } }, "A: 1\r\nB: 2\r\n b\r\nA: 4\r\n\r\n" },
  { MESSAGE, { { DEL, -1, "A", NULL } }, "A: 1\r\nB: 2\r\n b\r\nA: 3\r\n\r\n" },
  { MESSAGE, { { DEL, 4, "A", NULL }, { DEL, -4, "A", NULL } }, "A: 1\r\nB: 2\r\n b\r\nA: 3\r\nA: 4\r\n\r\n" },
  { MESSAGE, { { DEL, 1, "A", NULL }, { DEL, 2, "A", NULL } }, "B: 2\r\n b\r\nA: 4\r\n\r\n" },
  { MESSAGE, { { SET, 2, "a", "x" } }, "A: 1\r\nB: 2\r\n b\r\na: x\r\nA: 4\r\n\r\n" },
  { MESSAGE, { { SET, 0, "A", "x" } }, "A: x\r\nB: 2\r\n b\r\n\r\n" },
  { MESSAGE, { { SET, 1, "C", "x" } }, "A: 1\r\nB: 2\r\n b\r\nA: 3\r\nA: 4\r\nC: x\r\n\r\n" },
  { MESSAGE, { { SET, 1, "B", "x" }, { DEL, 0, "B", NULL } }, "A: 1\r\nA: 3\r\nA: 4\r\n\r\n" },
  { MESSAGE, { { END, 0, "X", "1\r\nEvil: 2" } }, "A: 1\r\nB: 2\r\n b\r\nA: 3\r\nA: 4\r\nX: 1 Evil: 2\r\n\r\n" },
  { "\r\nbody", { { TOP, 0, "X", "1" } }, "X: 1\r\n\r\n" },
  { "A: 1", { { END, 0, "X", "1" } }, "A: 1\r\nX: 1\r\n\r\n" },
  { "", { { END, 0, "X", "1" } }, "X: 1\r\n\r\n" },
};

static void
test_apply (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_auto (PliBuffer) out = { 0 };
      PliEdit items[3];
      PliEdits edits = { items, 0 };
      gsize body;

      for (; edits.n_items < 3 && cases[i].edits[edits.n_items].name; edits.n_items++)
        {
          const Edit *edit = &cases[i].edits[edits.n_items];

          items[edits.n_items] =
              (PliEdit){ edit->kind, edit->index, pli_span_from (edit->name), pli_span_from (edit->value) };
        }
      g_assert_true (pli_edits_apply (pli_span_from (cases[i].message), &edits, &out, &body, NULL));
      assert_buffer (&out, cases[i].header);
      g_assert_cmpuint (body, ==, pli_header_end (pli_span_from (cases[i].message)));
      for (gsize len = 0; len < strlen (cases[i].message); len++)
        {
          g_autofree char *copy = exact (cases[i].message, len);

          out.len = 0;
          g_assert_true (pli_edits_apply (pli_span (copy, len), &edits, &out, &body, NULL));
          g_assert_cmpmem (out.data + out.len - 2, 2, "\r\n", 2);
          g_assert_cmpuint (pli_header_end (pli_buffer_span (&out)), ==, out.len);
        }
    }
}

static void
test_names (void)
{
  static const char *const names[] = { "", "A:", "A B", "A\r\nB" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      PliEdit item = { TOP, 0, pli_span_from (names[i]), PLI_SPAN ("x") };
      PliEdits edits = { &item, 1 };
      g_autoptr (GError) error = NULL;
      g_auto (PliBuffer) out = { 0 };
      gsize body;

      g_assert_false (pli_edits_apply (PLI_SPAN (MESSAGE), &edits, &out, &body, &error));
      g_assert_error (error, PLI_ERROR, PLI_ERROR_SYNTAX);
      g_assert_cmpuint (out.len, ==, 0);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/mail/edits/apply", test_apply);
  g_test_add_func ("/mail/edits/names", test_names);
  return g_test_run ();
}
