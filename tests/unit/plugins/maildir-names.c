/* maildir-names.c: tests plugins/store-maildir: lists of UIDs as Dovecot and Courier write them, names of files, and folders
 * of mailboxes. */
#include "../../../plugins/store-maildir/filename.c"
#include "../../../plugins/store-maildir/name.c"
#include "../../../plugins/store-maildir/uidlist.c"

static void
lists (void)
{
  static const struct
  {
    const char *text, *expected;
  } cases[] = {
    { "3 V1275660208 N25022 G3085f01b7f11094c501100008c4a11c1\n25006 :1276528487.M1P2.host,S=13,W=14\n"
      "25017 W1394 S13 :1276533073.M2.host:2,S\n",
      "3 V1275660208 N25022 guid 25006=1276528487.M1P2.host,S=13,W=14 25017=1276533073.M2.host " },
    { "1 1018370284 7\n3 1018.a\n5 1019.b:2,RS\n", "1 V1018370284 N7 3=1018.a 5=1019.b " },
    /* damaged lines, UIDs that do not rise, names that lead elsewhere */
    { "3 V5 N9\n2 :b\nx :c\n2 :d\n3 :../e\n4 f\n5 :\n6 :.g\n8 :h", "3 V5 N9 2=b 8=h " },
    { "3 N9\n", NULL },
    { "2 5 9\n", NULL },
    { "3 V4294967296\n", NULL },
    { "", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      PliSpan rest = pli_span_from (cases[i].text);
      MaildirUidHeader header;
      MaildirUidLine line = { 0 };
      g_autoptr (GString) have = g_string_new (NULL);

      g_assert_cmpint (maildir_uidlist_header (&rest, &header), ==, cases[i].expected != NULL);
      if (!cases[i].expected)
        continue;
      g_string_append_printf (have, "%u V%u N%u %s", header.version, header.uidvalidity, header.uidnext,
                              header.guid.len ? "guid " : "");
      while (maildir_uidlist_next (&rest, header.version, line.uid, &line))
        g_string_append_printf (have, "%u=%.*s ", line.uid, (int) line.file.len, line.file.data);
      g_assert_cmpstr (have->str, ==, cases[i].expected);
    }
}

static void
files (void)
{
  static const struct
  {
    const char *file;
    guint32 flags, letters;
    const char *again;
  } cases[] = {
    { "1.a", 0, 0, "1.a:2," },
    { "1.a:2,", 0, 0, "1.a:2," },
    { "1.a,S=5,W=6:2,FSa", PLI_FLAG_FLAGGED | PLI_FLAG_SEEN, 1, "1.a,S=5,W=6:2,FSa" },
    { "1.a:2,zTPDR", PLI_FLAG_DELETED | PLI_FLAG_DRAFT | PLI_FLAG_ANSWERED, 1u << 25, "1.a:2,DPRTz" },
    { "1.a:1,x", 0, 0, "1.a:2," },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      MaildirFileName name;
      g_autofree char *again = NULL;

      maildir_filename_parse (cases[i].file, &name);
      again = maildir_filename_make (&name);
      g_assert_cmpuint (name.flags, ==, cases[i].flags);
      g_assert_cmpuint (name.letters, ==, cases[i].letters);
      g_assert_cmpstr (again, ==, cases[i].again);
    }
}

static void
deliveries (void)
{
  PliDelivery item = { .segment = 0x1f, .offset = 0xabc, .child = 3, .received_us = 1700000000000007 };
  g_autofree char *file = maildir_filename_delivery (&item, 10, 12);
  guint64 segment, offset, bytes;
  guint32 child;

  g_assert_cmpstr (file, ==, "1700000000.M7P1fQabcN3.pli,S=10,W=12");
  g_assert_true (maildir_filename_is_delivery (pli_span_from (file), &segment, &offset, &child));
  g_assert_cmpuint (segment, ==, item.segment);
  g_assert_cmpuint (offset, ==, item.offset);
  g_assert_cmpuint (child, ==, item.child);
  g_assert_true (maildir_filename_size (pli_span_from (file), 'W', &bytes));
  g_assert_cmpuint (bytes, ==, 12);
  g_assert_false (
      maildir_filename_is_delivery (PLI_SPAN ("1276528487.M364837P9451.kurkku,S=1355"), &segment, &offset, &child));
}

static void
folders (void)
{
  static const struct
  {
    const char *name, *dir;
  } cases[] = {
    { "INBOX", "" },          { "Sent", ".Sent" },   { "a/b", ".a.b" },
    { "a.b/c", ".a\\2eb.c" }, { "a\\b", ".a\\5cb" }, { "Entw\303\274rfe & mehr", ".Entw&APw-rfe &- mehr" }
  };
  g_autofree char *raw = maildir_name_of (".Entw\303\274rfe");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *dir = maildir_dir_of (cases[i].name, NULL);
      g_autofree char *name = i > 0 ? maildir_name_of (dir) : NULL;

      g_assert_cmpstr (dir, ==, cases[i].dir);
      if (i > 0)
        g_assert_cmpstr (name, ==, cases[i].name);
    }
  g_assert_cmpstr (raw, ==, "Entw\303\274rfe");
  g_assert_null (maildir_name_of ("..DOVECOT-TRASHED.1"));
  g_assert_null (maildir_name_of ("cur"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/maildir-names/lists", lists);
  g_test_add_func ("/maildir-names/files", files);
  g_test_add_func ("/maildir-names/deliveries", deliveries);
  g_test_add_func ("/maildir-names/folders", folders);
  return g_test_run ();
}
