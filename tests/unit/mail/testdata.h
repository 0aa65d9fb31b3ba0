/* testdata.h: what the tests of lib/mail share: exact copies, so that AddressSanitizer sees a read one byte too far,
 * and data written by others, read where PLI_TESTDATA or ../shared/testdata has it; without it a test is skipped. */
#ifndef TESTS_MAIL_TESTDATA_H
#define TESTS_MAIL_TESTDATA_H

#include <pli/mail.h>

/* (transfer full): the first @len bytes of @text, and not one more. */
static inline char *
exact (const char *text, gsize len)
{
  char *copy = g_malloc (MAX (len, 1));

  memcpy (copy, text, len);
  return copy;
}

#define assert_span(span, text)                                                                                        \
  G_STMT_START                                                                                                         \
  {                                                                                                                    \
    g_autofree char *assert_have = pli_span_dup (span);                                                                \
    g_assert_cmpstr (assert_have, ==, text);                                                                           \
  }                                                                                                                    \
  G_STMT_END

#define assert_buffer(buffer, text) g_assert_cmpmem ((buffer)->data, (buffer)->len, text, strlen (text))

/* (transfer full) (nullable): path of @name in the test data. */
static inline char *
testdata_path (const char *name)
{
  static const char *const usual[] = { "../shared/testdata", "../../shared/testdata" };
  const char *folder = g_getenv ("PLI_TESTDATA");
  g_autofree char *path = folder ? g_build_filename (folder, name, NULL) : NULL;

  for (guint i = 0; !path && i < G_N_ELEMENTS (usual); i++)
    {
      path = g_build_filename (usual[i], name, NULL);
      if (!g_file_test (path, G_FILE_TEST_EXISTS))
        g_clear_pointer (&path, g_free);
    }
  if (!path || !g_file_test (path, G_FILE_TEST_EXISTS))
    {
      g_test_skip ("no test data: set PLI_TESTDATA");
      return NULL;
    }
  return g_steal_pointer (&path);
}

/* (transfer full): @text with CRLF for each LF. */
static inline char *
with_crlf (const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  return g_strjoinv ("\r\n", lines);
}

#endif
