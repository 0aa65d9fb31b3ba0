/* Fuzz target of lib/mail/date.c: what is read is written and read back the same. */
#include <pli/mail.h>

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  PliSpan in = pli_span ((const char *) data, size);
  char text[PLI_DATE_SIZE];
  gint64 us, again;
  int zone;

  pli_date_parse_imap_day (in, &us);
  if (pli_date_parse (in, &us, &zone) && us > G_GINT64_CONSTANT (-62000000000) * G_USEC_PER_SEC
      && us < G_GINT64_CONSTANT (253000000000) * G_USEC_PER_SEC)
    {
      pli_date_format (us, zone, text);
      g_assert (pli_date_parse (pli_span_from (text), &again, NULL) && again == us);
    }
  if (pli_date_parse_imap (in, &us, &zone) && us > G_GINT64_CONSTANT (-62000000000) * G_USEC_PER_SEC
      && us < G_GINT64_CONSTANT (253000000000) * G_USEC_PER_SEC)
    {
      pli_date_format_imap (us, zone, text);
      g_assert (pli_date_parse_imap (pli_span_from (text), &again, NULL) && again == us);
    }
  if (size >= sizeof us)
    {
      memcpy (&us, data, sizeof us);
      pli_date_format (us, (int) size, text);
      pli_date_format_imap (us, -(int) size, text);
    }
  return 0;
}
