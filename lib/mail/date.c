/* date.c: dates as mail and IMAP write them, to and from µs since 1970-01-01 UTC.
 *
 * Own arithmetic on the proleptic Gregorian calendar: no locale, no time zone database, no libc. Lenient with what old
 * mailers wrote, strict with IMAP. RFC 5322 3.3 and 4.3; RFC 3501 9 (date, date-time). */
#include "mail/token.h"

#define DAY_US ((gint64) 86400 * G_USEC_PER_SEC)

static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
static const char weekdays[] = "SunMonTueWedThuFriSat";

typedef struct
{
  guint year;
  guint month; /* 1 to 12 */
  guint day;
  guint hour;
  guint minute;
  guint second;
} Civil;

/* Days since 1970-01-01; years are counted from March, so that leap days come last. */
static gint64
days_of (guint year, guint month, guint day)
{
  gint64 y = (gint64) year - (month <= 2);
  gint64 era = (y >= 0 ? y : y - 399) / 400;
  gint64 year_of_era = y - era * 400;
  gint64 day_of_year = (153 * ((gint64) month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

  return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static void
civil_of (gint64 days, guint *out_year, guint *out_month, guint *out_day)
{
  gint64 z = days + 719468;
  gint64 era = (z >= 0 ? z : z - 146096) / 146097;
  gint64 day_of_era = z - era * 146097;
  gint64 year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  gint64 day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  gint64 month = (5 * day_of_year + 2) / 153;

  *out_day = (guint) (day_of_year - (153 * month + 2) / 5 + 1);
  *out_month = (guint) (month < 10 ? month + 3 : month - 9);
  *out_year = (guint) (year_of_era + era * 400 + (*out_month <= 2));
}

static gboolean
civil_valid (const Civil *c)
{
  static const guint8 lengths[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
  gboolean leap = c->year % 4 == 0 && (c->year % 100 != 0 || c->year % 400 == 0);

  if (c->month < 1 || c->month > 12 || c->day < 1 || c->day > lengths[c->month - 1] || c->year > 9999)
    return FALSE;
  if (c->month == 2 && c->day == 29 && !leap)
    return FALSE;
  return c->hour < 24 && c->minute < 60 && c->second <= 60; /* 60: a leap second */
}

static gint64
civil_us (const Civil *c, int zone)
{
  gint64 minutes = (gint64) c->hour * 60 + c->minute - zone;

  return days_of (c->year, c->month, c->day) * DAY_US + (minutes * 60 + c->second) * G_USEC_PER_SEC;
}

/* Index of the three letters @name begins with, from 1; 0 for none. */
static guint
name_index (PliSpan name, const char *names)
{
  for (guint i = 0; name.len >= 3 && names[3 * i]; i++)
    if (g_ascii_strncasecmp (name.data, names + 3 * i, 3) == 0)
      return i + 1;
  return 0;
}

/* `+hhmm` or `-hhmm`; the sign is next. */
static gboolean
parse_offset (PliCursor *c, int *out_zone)
{
  int sign = *c->at++ == '-' ? -1 : 1;
  guint number, digits;

  if (!pli_cursor_number (c, &number, &digits) || digits != 4 || number / 100 > 23 || number % 100 > 59)
    return FALSE;
  *out_zone = sign * (int) (number / 100 * 60 + number % 100);
  return TRUE;
}

/* RFC 5322 4.3: zones with names; those that are not known, and the military ones, count as -0000. */
static int
zone_named (PliSpan name)
{
  static const struct
  {
    char name[4];
    int hours;
  } zones[] = { { "EDT", -4 }, { "EST", -5 }, { "CDT", -5 }, { "CST", -6 }, { "MDT", -6 },
                { "MST", -7 }, { "PDT", -7 }, { "PST", -8 }, { "CET", 1 },  { "JST", 9 } };

  for (guint i = 0; i < G_N_ELEMENTS (zones); i++)
    if (pli_span_is_nocase (name, zones[i].name))
      return zones[i].hours * 60;
  return 0;
}

static PliSpan
word (PliCursor *c)
{
  const char *start = c->at;

  while (c->at < c->end && g_ascii_isalpha (*c->at))
    c->at++;
  return pli_span (start, (gsize) (c->at - start));
}

/* White space, comments, and @extra where people put it. */
static void
gap (PliCursor *c, char extra)
{
  pli_cursor_skip (c, NULL);
  if (pli_cursor_is (c, extra))
    {
      c->at++;
      pli_cursor_skip (c, NULL);
    }
}

static gboolean
parse_time (PliCursor *c, Civil *out)
{
  if (!pli_cursor_number (c, &out->hour, NULL))
    return FALSE;
  gap (c, 0);
  if (!pli_cursor_is (c, ':'))
    return FALSE;
  gap (c, ':');
  if (!pli_cursor_number (c, &out->minute, NULL))
    return FALSE;
  gap (c, 0);
  if (!pli_cursor_is (c, ':'))
    return TRUE;
  gap (c, ':');
  return pli_cursor_number (c, &out->second, NULL);
}

gboolean
pli_date_parse (PliSpan text, gint64 *out_us, int *out_zone)
{
  PliCursor c = pli_cursor (text);
  Civil when = { 0 };
  guint digits;
  int zone = 0;

  gap (&c, 0);
  if (word (&c).len > 0) /* the weekday is not believed */
    {
      gap (&c, '.');
      gap (&c, ',');
    }
  if (!pli_cursor_number (&c, &when.day, NULL))
    return FALSE;
  gap (&c, '-');
  when.month = name_index (word (&c), months);
  gap (&c, '-');
  if (!pli_cursor_number (&c, &when.year, &digits))
    return FALSE;
  /* RFC 5322 4.3: two digits up to 49 are of this century, others of two or three count from 1900. */
  if (digits <= 3)
    when.year += digits < 3 && when.year < 50 ? 2000 : 1900;
  gap (&c, ',');
  if (!parse_time (&c, &when))
    return FALSE;
  gap (&c, 0);
  if (pli_cursor_is (&c, '+') || pli_cursor_is (&c, '-'))
    {
      if (!parse_offset (&c, &zone))
        return FALSE;
    }
  else
    zone = zone_named (word (&c));
  if (!civil_valid (&when))
    return FALSE;
  *out_us = civil_us (&when, zone);
  if (out_zone)
    *out_zone = zone;
  return TRUE;
}

/* RFC 3501 9: date = date-day "-" date-month "-" date-year; day 1 or 2 digits, or space and digit if @padded. */
static gboolean
parse_imap_day (PliCursor *c, gboolean padded, Civil *out)
{
  guint digits;
  PliSpan name;
  gboolean space = padded && pli_cursor_is (c, ' ');

  if (space)
    c->at++;
  if (!pli_cursor_number (c, &out->day, &digits) || digits > 2 || (padded && digits != (space ? 1 : 2)))
    return FALSE;
  if (!pli_cursor_is (c, '-'))
    return FALSE;
  c->at++;
  name = word (c);
  out->month = name.len == 3 ? name_index (name, months) : 0;
  if (!pli_cursor_is (c, '-'))
    return FALSE;
  c->at++;
  return pli_cursor_number (c, &out->year, &digits) && digits == 4;
}

/* Two digits and what must stand before them. */
static gboolean
two_digits (PliCursor *c, char before, guint *out)
{
  guint digits;

  if (!pli_cursor_is (c, before))
    return FALSE;
  c->at++;
  return pli_cursor_number (c, out, &digits) && digits == 2;
}

gboolean
pli_date_parse_imap (PliSpan text, gint64 *out_us, int *out_zone)
{
  PliCursor c = pli_cursor (text);
  Civil when = { 0 };
  int zone;

  if (!parse_imap_day (&c, TRUE, &when) || !two_digits (&c, ' ', &when.hour) || !two_digits (&c, ':', &when.minute)
      || !two_digits (&c, ':', &when.second) || !pli_cursor_is (&c, ' '))
    return FALSE;
  c.at++;
  if (!(pli_cursor_is (&c, '+') || pli_cursor_is (&c, '-')) || !parse_offset (&c, &zone) || c.at < c.end)
    return FALSE;
  if (!civil_valid (&when))
    return FALSE;
  *out_us = civil_us (&when, zone);
  if (out_zone)
    *out_zone = zone;
  return TRUE;
}

gboolean
pli_date_parse_imap_day (PliSpan text, gint64 *out_us)
{
  PliCursor c = pli_cursor (text);
  Civil when = { 0 };

  if (!parse_imap_day (&c, FALSE, &when) || c.at < c.end || !civil_valid (&when))
    return FALSE;
  *out_us = civil_us (&when, 0);
  return TRUE;
}

static void
format (gint64 us, int zone, gboolean imap, char out[PLI_DATE_SIZE])
{
  static const gint64 first = G_GINT64_CONSTANT (-719528) * 86400, last = G_GINT64_CONSTANT (2932896) * 86400 + 86399;
  gint64 seconds = us / G_USEC_PER_SEC - (us % G_USEC_PER_SEC < 0), days;
  guint year, month, day, second_of_day;
  guint offset;

  zone = CLAMP (zone, -1439, 1439);
  offset = (guint) ABS (zone);
  seconds = CLAMP (seconds + zone * 60, first, last); /* years 0 to 9999 */
  days = (seconds - first) / 86400 + first / 86400;
  second_of_day = (guint) ((seconds - first) % 86400);
  civil_of (days, &year, &month, &day);
  g_snprintf (out, PLI_DATE_SIZE,
              imap ? "%.0s%.0s%2u-%.3s-%04u %02u:%02u:%02u %c%02u%02u"
                   : "%.3s%s%02u %.3s %04u %02u:%02u:%02u %c%02u%02u",
              weekdays + 3 * ((days + 719534) % 7), ", ", day, months + 3 * (month - 1), year, second_of_day / 3600,
              second_of_day / 60 % 60, second_of_day % 60, zone < 0 ? '-' : '+', offset / 60, offset % 60);
}

void
pli_date_format (gint64 us, int zone, char out[PLI_DATE_SIZE])
{
  format (us, zone, FALSE, out);
}

void
pli_date_format_imap (gint64 us, int zone, char out[PLI_DATE_SIZE])
{
  format (us, zone, TRUE, out);
}
