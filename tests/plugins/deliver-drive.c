/* deliver-drive.c: the transports alone on the harness, told by a script on standard input what to send where; for
 * tests/e2e/transports.py, which runs the servers.
 *
 *   deliver-drive CONF PLUGIN…         settings as in conf.d, and plugins; without a dns-* one, `dns` fills a table
 *   dns TYPE NAME [PREFERENCE] VALUE   a record; TYPE "NONE": the name is there and nothing more, "FAIL": no answer
 *   password ROUTE TEXT
 *   send TRANSPORT ROUTE DOMAIN SENDER RCPT,… FILE [TIMES]    <> is the null sender
 *   settle                             runs until all is answered; prints a line a recipient, in order of sending
 *   plan TRANSPORT ROUTE DOMAIN
 *   begin-plan TRANSPORT ROUTE DOMAIN  the same, without waiting for it
 *   pass MS                            runs the loop for that long
 *   metrics                            those of the transports
 *
 * What is not answered at the end of the input is answered by the plugins' stop. */
#include "lib/harness.h"
#include "log/metrics.h"
#include "service/method.h"
#include <pli/deliver.h>
#include <pli/dns.h>
#include <stdio.h>

static GPtrArray *records; /* char **: type, name, preference, value */
static guint n_asked;

static PliStep
lookup (PliOp *op, gpointer self, const PliDnsArgs *args, PliDnsResult *result)
{
  const char *type = args->type == PLI_DNS_MX ? "MX" : args->type == PLI_DNS_A ? "A" : "AAAA";
  PliDnsRow *rows = pli_arena_array (pli_op_arena (op), PliDnsRow, records->len + 1);

  (void) self;
  n_asked++;
  *result = (PliDnsResult){ .status = PLI_DNS_NO_NAME, .rows = rows, .ttl_us = 60 * G_USEC_PER_SEC };
  for (guint i = 0; i < records->len; i++)
    {
      char **record = records->pdata[i];

      if (g_ascii_strcasecmp (record[1], args->name) != 0)
        continue;
      if (g_str_equal (record[0], "FAIL"))
        return pli_op_error (op, PLI_ERROR_TRY_AGAIN, "SERVFAIL for %s", args->name);
      result->status = MIN (result->status, PLI_DNS_NO_DATA);
      if (!g_str_equal (record[0], type))
        continue;
      result->status = PLI_DNS_FOUND;
      rows[result->n_rows++] = (PliDnsRow){ .text = record[3], .preference = (guint) atoi (record[2]) };
    }
  return PLI_DONE;
}

static const PliDns dns = { .size = sizeof (PliDns), .lookup = lookup };
static const PliService services[] = { PLI_DNS ("table", &dns), { 0 } };

PLI_PLUGIN (dns_table, .name = "dns-table", .version = "1", .summary = "For a test", .services = services);

typedef struct
{
  PliTest *test;
  GPtrArray *answers, *plans; /* PliTestAnswer */
} Drive;

static void
send_one (Drive *drive, char **words, guint n)
{
  static const char *const none[] = { NULL };
  PliSendArgs args = { .id = "00000000000000000000000000",
                       .route = words[2],
                       .domain = words[3],
                       .sender = g_str_equal (words[4], "<>") ? "" : words[4],
                       .rcpts = none };
  g_auto (GStrv) rcpts = g_strsplit (words[5], ",", 0);
  g_autofree char *message = NULL;
  g_autoptr (GError) error = NULL;
  guint times = n > 7 ? (guint) atoi (words[7]) : 1;

  g_file_get_contents (words[6], &message, &args.message.len, &error);
  g_assert_no_error (error);
  args.message.data = message;
  args.rcpts = (const char *const *) rcpts;
  for (guint i = 0; i < times; i++)
    g_ptr_array_add (drive->answers, pli_test_start (drive->test, PLI_METHOD_SEND, 0, words[1], &args));
}

static void
print_answer (PliTestAnswer *answer, guint number)
{
  static const char *const outcomes[] = { "TAKEN", "LATER", "NEVER" };
  const PliSendResult *result = answer->result;

  if (answer->error)
    printf ("%u error %s\n", number, answer->error->message);
  for (guint i = 0; result && i < result->n_rcpts; i++)
    printf ("%u %s %u %s host=%s tls=%s text=%s\n", number, outcomes[result->rcpts[i].outcome], result->rcpts[i].code,
            result->rcpts[i].status, result->host ? result->host : "-", result->tls ? result->tls : "-",
            result->rcpts[i].text);
}

static void
settle (Drive *drive)
{
  for (guint i = 0; i < drive->answers->len; i++)
    {
      PliTestAnswer *answer = drive->answers->pdata[i];

      while (!answer->done)
        pli_loop_step (drive->test->instance->loop, 100000);
      print_answer (answer, i);
      pli_test_answer_free (answer);
    }
  g_ptr_array_set_size (drive->answers, 0);
  puts ("settled");
}

static void
plan (Drive *drive, char **words)
{
  PliPlanArgs args = { .route = words[2], .domain = words[3] };
  g_autoptr (PliTestAnswer) answer = pli_test_call (drive->test, PLI_METHOD_PLAN, 0, words[1], &args);
  const PliPlanResult *result = answer->result;

  printf ("%splanned\n", answer->error ? answer->error->message : result->text);
}

static void
pass (Drive *drive, gint64 us)
{
  gint64 until = g_get_monotonic_time () + us;

  while (g_get_monotonic_time () < until)
    pli_loop_step (drive->test->instance->loop, 10000);
  puts ("passed");
}

static void
print_metrics (void)
{
  g_auto (PliBuffer) text = { 0 };
  g_auto (GStrv) lines = NULL;

  pli_metrics_write ("test", 0, &text);
  pli_buffer_add_char (&text, 0);
  lines = g_strsplit (text.data, "\n", 0);
  for (guint i = 0; lines[i]; i++)
    if (g_str_has_prefix (lines[i], "pli_deliver"))
      puts (lines[i]);
  printf ("dns_asked %u\nmetrics\n", n_asked);
}

static void
add_record (char **words, guint n)
{
  char **record = g_new0 (char *, 5);

  record[0] = g_strdup (words[1]);
  record[1] = g_strdup (words[2]);
  record[2] = g_strdup (n > 4 ? words[3] : "0");
  record[3] = g_strdup (n > 4 ? words[4] : n > 3 ? words[3] : "");
  g_ptr_array_add (records, record);
}

static void
obey (Drive *drive, char **words)
{
  guint n = g_strv_length (words);

  if (n == 0)
    return;
  if (g_str_equal (words[0], "dns") && n >= 3)
    add_record (words, n);
  else if (g_str_equal (words[0], "password") && n == 3)
    g_hash_table_insert (drive->test->instance->passwords, g_strdup (words[1]), g_strdup (words[2]));
  else if (g_str_equal (words[0], "send") && n >= 7)
    send_one (drive, words, n);
  else if (g_str_equal (words[0], "settle"))
    settle (drive);
  else if (g_str_equal (words[0], "plan") && n == 4)
    plan (drive, words);
  else if (g_str_equal (words[0], "begin-plan") && n == 4)
    {
      PliPlanArgs args = { .route = words[2], .domain = words[3] };

      g_ptr_array_add (drive->plans, pli_test_start (drive->test, PLI_METHOD_PLAN, 0, words[1], &args));
    }
  else if (g_str_equal (words[0], "pass") && n == 2)
    pass (drive, (gint64) atoi (words[1]) * 1000);
  else if (g_str_equal (words[0], "metrics"))
    print_metrics ();
  else
    g_error ("what is “%s”?", words[0]);
  fflush (stdout);
}

int
main (int argc, char **argv)
{
  g_autofree char *conf = NULL;
  g_autoptr (GError) error = NULL;
  Drive drive = { .answers = g_ptr_array_new (), .plans = g_ptr_array_new () };
  PliRegistry *registry;
  gboolean has_dns = FALSE;
  char line[4096];

  g_assert_cmpint (argc, >, 2);
  g_file_get_contents (argv[1], &conf, NULL, &error);
  g_assert_no_error (error);
  records = g_ptr_array_new_with_free_func ((GDestroyNotify) g_strfreev);
  drive.test = pli_test_new (NULL, (const char *const *) argv + 2, conf);
  registry = drive.test->instance->registry;
  drive.test->instance->passwords = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  for (guint i = 2; i < (guint) argc; i++)
    has_dns |= g_str_has_prefix (argv[i], "dns-");
  if (!has_dns)
    {
      PliPlugin *plugin = pli_registry_add (registry, &dns_table_LTX_pli_plugin, &error);

      g_assert_no_error (error);
      pli_registry_load (registry, plugin, &error);
      g_assert_no_error (error);
    }
  puts ("ready");
  fflush (stdout);
  while (fgets (line, sizeof line, stdin))
    {
      g_auto (GStrv) words = g_strsplit (g_strchomp (line), " ", 0);

      obey (&drive, words);
    }
  g_hash_table_unref (g_steal_pointer (&drive.test->instance->passwords));
  pli_test_free (drive.test, FALSE);
  for (guint i = 0; i < drive.answers->len; i++)
    {
      print_answer (drive.answers->pdata[i], i);
      pli_test_answer_free (drive.answers->pdata[i]);
    }
  for (guint i = 0; i < drive.plans->len; i++)
    {
      PliTestAnswer *answer = drive.plans->pdata[i];

      printf ("plan %s\n", answer->error ? answer->error->message : "made");
      pli_test_answer_free (answer);
    }
  g_ptr_array_unref (drive.plans);
  g_ptr_array_unref (drive.answers);
  g_ptr_array_unref (records);
  return 0;
}
