/* Tests of lib/mail/date.c. */
#include "testdata.h"

#include <stdlib.h>

#define S(n) (G_GINT64_CONSTANT (n) * G_USEC_PER_SEC)

typedef struct
{
  const char *in;
  gboolean valid;
  gint64 us;
  int zone;
} Case;

static const Case mail[] = {
  { "Thu, 15 Feb 2007 01:02:03 +0200", TRUE, S (1171494123), 120 },
  { "15 Feb 2007 01:02:03 +0200", TRUE, S (1171494123), 120 },
  { "Thu,15 Feb 2007 01:02:03 +0200 (EET)", TRUE, S (1171494123), 120 },
  { "Thu, 15 (x (y)) Feb\r\n 2007 01:02 +0200", TRUE, S (1171494120), 120 },
  { "Thu 15 Feb 2007 01:02:03 +0200", TRUE, S (1171494123), 120 },
  { "Fri, 21 Nov 97 09(comment):   55  :  06 -0600", TRUE, S (880127706), -360 },
  { "1 Jan 1970 00:00:00 +0000", TRUE, 0, 0 },
  { "31 Dec 1969 23:59:59 GMT", TRUE, S (-1), 0 },
  { "1 Jan 100 00:00:00 GMT", TRUE, S (946684800), 0 },
  { "1 January 00 00:00:00 GMT", TRUE, S (946684800), 0 },
  { "1 Jan 49 00:00:00 GMT", TRUE, S (2493072000), 0 },
  { "1 Jan 50 00:00:00 GMT", TRUE, S (-631152000), 0 },
  { "29 Feb 2000 12:00:00 EST", TRUE, S (951843600), -300 },
  { "29 Feb 2004 12:00:00 PDT", TRUE, S (1078081200), -420 },
  { "29 Feb 2004 12:00:00 Z", TRUE, S (1078056000), 0 },
  { "29 Feb 2004 12:00:00 XYZ", TRUE, S (1078056000), 0 },
  { "29 Feb 2004 12:00:00", TRUE, S (1078056000), 0 },
  { "29-Feb-2004 12:00:00 +0000", TRUE, S (1078056000), 0 },
  { "31 Dec 2016 23:59:60 +0000", TRUE, S (1483228800), 0 },
  { "1 Jan 9999 00:00:00 -2359", TRUE, S (253370764800) + S (86340), -1439 },
  { "29 Feb 1900 12:00:00 +0000", FALSE, 0, 0 },
  { "29 Feb 2003 12:00:00 +0000", FALSE, 0, 0 },
  { "31 Apr 2003 12:00:00 +0000", FALSE, 0, 0 },
  { "0 Apr 2003 12:00:00 +0000", FALSE, 0, 0 },
  { "1 Foo 2003 12:00:00 +0000", FALSE, 0, 0 },
  { "1 Apr 2003 24:00:00 +0000", FALSE, 0, 0 },
  { "1 Apr 2003 12:60:00 +0000", FALSE, 0, 0 },
  { "1 Apr 2003 12:00:61 +0000", FALSE, 0, 0 },
  { "1 Apr 2003 12:00:00 +000", FALSE, 0, 0 },
  { "1 Apr 2003 12:00:00 +2400", FALSE, 0, 0 },
  { "1 Apr 2003", FALSE, 0, 0 },
  { "1 Apr 10000 12:00:00 +0000", FALSE, 0, 0 },
  { "99999999999999999999 Apr 2003 12:00:00 +0000", FALSE, 0, 0 },
  { "yesterday", FALSE, 0, 0 },
  { "", FALSE, 0, 0 },
};

static const Case imap[] = {
  { "17-Jul-1996 02:44:25 -0700", TRUE, S (837596665), -420 },
  { " 7-Jul-1996 02:44:25 -0700", TRUE, S (836732665), -420 },
  { "07-jul-1996 02:44:25 -0700", TRUE, S (836732665), -420 },
  { "7-Jul-1996 02:44:25 -0700", FALSE, 0, 0 },
  { " 17-Jul-1996 02:44:25 -0700", FALSE, 0, 0 },
  { "17-July-1996 02:44:25 -0700", FALSE, 0, 0 },
  { "17-Jul-96 02:44:25 -0700", FALSE, 0, 0 },
  { "17-Jul-1996 2:44:25 -0700", FALSE, 0, 0 },
  { "17-Jul-1996 02:44:25 -0700 ", FALSE, 0, 0 },
  { "17-Jul-1996 02:44:25", FALSE, 0, 0 },
  { "17-Jul-1996 02:44:25 GMT", FALSE, 0, 0 },
  { "31-Jun-1996 02:44:25 -0700", FALSE, 0, 0 },
  { "17/Jul/1996 02:44:25 -0700", FALSE, 0, 0 },
};

static const Case days[] = {
  { "1-Feb-1994", TRUE, S (760060800), 0 },
  { "01-Feb-1994", TRUE, S (760060800), 0 },
  { "29-feb-2024", TRUE, S (1709164800), 0 },
  { "29-Feb-2023", FALSE, 0, 0 },
  { "1-Feb-94", FALSE, 0, 0 },
  { " 1-Feb-1994", FALSE, 0, 0 },
  { "1-Feb-1994 ", FALSE, 0, 0 },
  { "001-Feb-1994", FALSE, 0, 0 },
};

static gboolean
parse_day (PliSpan text, gint64 *out_us, int *out_zone)
{
  *out_zone = 0;
  return pli_date_parse_imap_day (text, out_us);
}

static void
check (const Case *cases, guint n, gboolean (*parse) (PliSpan, gint64 *, int *))
{
  for (guint i = 0; i < n; i++)
    {
      gint64 us;
      int zone;

      g_test_message ("%s", cases[i].in);
      g_assert_cmpint (parse (pli_span_from (cases[i].in), &us, &zone), ==, cases[i].valid);
      if (cases[i].valid)
        {
          g_assert_cmpint (us, ==, cases[i].us);
          g_assert_cmpint (zone, ==, cases[i].zone);
        }
      for (gsize len = 0; len < strlen (cases[i].in); len++)
        {
          g_autofree char *copy = exact (cases[i].in, len);
          gboolean valid = parse (pli_span (copy, len), &us, &zone);

          /* IMAP's formats have a fixed end. */
          g_assert_true (!valid || !cases[i].valid || parse == pli_date_parse);
        }
    }
}

static void
test_parse (void)
{
  check (mail, G_N_ELEMENTS (mail), pli_date_parse);
  check (imap, G_N_ELEMENTS (imap), pli_date_parse_imap);
  check (days, G_N_ELEMENTS (days), parse_day);
}

static void
test_format (void)
{
  static const struct
  {
    gint64 us;
    int zone;
    const char *mail, *imap;
  } cases[] = {
    { S (1171494123), 120, "Thu, 15 Feb 2007 01:02:03 +0200", "15-Feb-2007 01:02:03 +0200" },
    { S (836732665) + 999999, -420, "Sun, 07 Jul 1996 02:44:25 -0700", " 7-Jul-1996 02:44:25 -0700" },
    { 0, 0, "Thu, 01 Jan 1970 00:00:00 +0000", " 1-Jan-1970 00:00:00 +0000" },
    { -1, 0, "Wed, 31 Dec 1969 23:59:59 +0000", "31-Dec-1969 23:59:59 +0000" },
    { S (951782400), -1, "Mon, 28 Feb 2000 23:59:00 -0001", "28-Feb-2000 23:59:00 -0001" },
    { G_MAXINT64, 0, "Fri, 31 Dec 9999 23:59:59 +0000", "31-Dec-9999 23:59:59 +0000" },
    { G_MININT64, 0, "Sat, 01 Jan 0000 00:00:00 +0000", " 1-Jan-0000 00:00:00 +0000" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      char text[PLI_DATE_SIZE];

      pli_date_format (cases[i].us, cases[i].zone, text);
      g_assert_cmpstr (text, ==, cases[i].mail);
      pli_date_format_imap (cases[i].us, cases[i].zone, text);
      g_assert_cmpstr (text, ==, cases[i].imap);
    }
}

/* Each day of 500 years, against GLib's calendar, there and back. */
static void
test_round_trip (void)
{
  g_autoptr (GDateTime) first = g_date_time_new_utc (1800, 1, 1, 13, 14, 15);

  for (int day = 0; day < 500 * 365; day += 1 + day % 3)
    {
      g_autoptr (GDateTime) when = g_date_time_add_days (first, day);
      gint64 us = g_date_time_to_unix (when) * G_USEC_PER_SEC, back;
      char text[PLI_DATE_SIZE];
      int zone;

      pli_date_format (us, day % 2879 - 1439, text);
      g_assert_true (pli_date_parse (pli_span_from (text), &back, &zone));
      g_assert_cmpint (back, ==, us);
      g_assert_cmpint (zone, ==, day % 2879 - 1439);
      pli_date_format_imap (us, 0, text);
      g_assert_true (pli_date_parse_imap (pli_span_from (text), &back, NULL));
      g_assert_cmpint (back, ==, us);
      g_assert_cmpint (atoi (text), ==, g_date_time_get_day_of_month (when));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/mail/date/parse", test_parse);
  g_test_add_func ("/mail/date/format", test_format);
  g_test_add_func ("/mail/date/round-trip", test_round_trip);
  return g_test_run ();
}
