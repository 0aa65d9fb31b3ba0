/* lookup.c: one question a zone, however many of its answers have a weight of their own; then, for the heaviest list that
 * says yes, one for its reason. So many at the same time as lookups-max allows; the rest waits in order. */
#include "dnsbl.h"

#include <pli/dns.h>
#include <pli/log.h>

#define REASON_MAX 300

typedef struct
{
  DnsblGathering *gathering;
  const char *zone, *name;
  guint32 type;
  GArray *lists; /* DnsblList of this zone */
  PliCall *call; /* NULL: waits, or is over */
  gboolean over;
} Question;

static void
question_free (gpointer data)
{
  Question *question = data;

  if (question->lists)
    g_array_unref (question->lists);
  g_free (question);
}

static void got_answer (gpointer user, const void *result, const GError *error);

void
dnsbl_questions_pump (Dnsbl *dnsbl)
{
  const DnsblSettings *set = pli_plugin_settings (dnsbl->plugin);

  while (dnsbl->running < (guint64) set->lookups_max && dnsbl->waiting.length > 0)
    {
      Question *question = g_queue_pop_head (&dnsbl->waiting);
      const PliDnsArgs args = { question->name, question->type };

      dnsbl->running++;
      question->call = pli_dns_lookup (dnsbl->instance, &args, got_answer, question);
    }
}

static void
ask (DnsblGathering *gathering, Question *question)
{
  question->gathering = gathering;
  g_ptr_array_add (gathering->questions, question);
  gathering->open++;
  g_queue_push_tail (&gathering->dnsbl->waiting, question);
}

/* The list's own words, on one line. */
static void
take_reason (Question *question, const PliDnsResult *result)
{
  const char *text = result->n_rows > 0 ? result->rows[0].text : NULL;

  if (text && *text)
    question->gathering->reason =
        pli_arena_text (question->gathering->arena, pli_span_head (pli_span_from (text), REASON_MAX));
}

static gint
weight_of (const Question *question, const PliDnsResult *result)
{
  gint weight = 0;

  for (guint i = 0; i < question->lists->len; i++)
    {
      const DnsblList *list = &g_array_index (question->lists, DnsblList, i);

      for (guint32 row = 0; row < result->n_rows; row++)
        if (result->rows[row].text && dnsbl_list_matches (list, result->rows[row].text))
          {
            weight += list->weight;
            break;
          }
    }
  return weight;
}

/* A zone that was sold answers everything; one that thinks we ask too much says so. Neither means "listed". */
static gboolean
is_fault (const Question *question, const PliDnsResult *result)
{
  for (guint32 row = 0; row < result->n_rows; row++)
    if (result->rows[row].text && dnsbl_answer_is_fault (result->rows[row].text))
      {
        pli_log (PLI_LOG_WARNING, "dnsbl.fault", "zone", question->zone, "answer", result->rows[row].text, NULL);
        return TRUE;
      }
  return FALSE;
}

static void
take_answer (Question *question, const PliDnsResult *result)
{
  DnsblGathering *gathering = question->gathering;
  gint weight;

  if (is_fault (question, result))
    {
      gathering->failed++;
      return;
    }
  weight = weight_of (question, result);
  if (weight == 0)
    return;
  gathering->score += weight;
  if (gathering->zones->len == 0 || weight > gathering->heaviest)
    {
      gathering->heaviest = weight;
      g_ptr_array_insert (gathering->zones, 0, (gpointer) question->zone);
    }
  else
    g_ptr_array_add (gathering->zones, (gpointer) question->zone);
}

/* All zones have answered: what does the heaviest of them have to say? */
static void
ask_reason (DnsblGathering *gathering)
{
  Question *question;

  for (guint i = 0; i < gathering->questions->len; i++)
    {
      question = gathering->questions->pdata[i];
      if (question->zone == gathering->zones->pdata[0])
        {
          Question *reason = g_new0 (Question, 1);

          reason->zone = question->zone;
          reason->name = question->name;
          reason->type = PLI_DNS_TXT;
          ask (gathering, reason);
          return;
        }
    }
}

static void
got_answer (gpointer user, const void *result, const GError *error)
{
  Question *question = user;
  DnsblGathering *gathering = question->gathering;
  Dnsbl *dnsbl = gathering->dnsbl;

  question->call = NULL;
  question->over = TRUE;
  dnsbl->running--;
  gathering->open--;
  if (error)
    pli_log (PLI_LOG_WARNING, "dnsbl.failed", "zone", question->zone, "why", error->message, NULL);
  if (error && question->type == PLI_DNS_A)
    gathering->failed++;
  else if (!error && question->type == PLI_DNS_TXT)
    take_reason (question, result);
  else if (!error)
    take_answer (question, result);
  if (gathering->open == 0 && question->type == PLI_DNS_A && gathering->wants_reason && gathering->score > 0)
    ask_reason (gathering);
  if (gathering->open == 0)
    dnsbl_ready (gathering);
  dnsbl_questions_pump (dnsbl);
}

static Question *
question_of (DnsblGathering *gathering, const char *zone)
{
  Question *question;
  const char *name;

  for (guint i = 0; i < gathering->questions->len; i++)
    {
      question = gathering->questions->pdata[i];
      if (strcmp (question->zone, zone) == 0)
        return question;
    }
  name = gathering->kind == DNSBL_CLIENT ? dnsbl_name_of_address (gathering->arena, gathering->what, zone)
                                         : dnsbl_name_of_domain (gathering->arena, gathering->what, zone);
  if (!name)
    return NULL;
  question = g_new0 (Question, 1);
  question->zone = zone;
  question->name = name;
  question->type = PLI_DNS_A;
  question->lists = g_array_new (FALSE, FALSE, sizeof (DnsblList));
  ask (gathering, question);
  gathering->asked++;
  return question;
}

void
dnsbl_questions_ask (DnsblGathering *gathering, const char *const *words, gboolean reason)
{
  gathering->questions = g_ptr_array_new_with_free_func (question_free);
  gathering->wants_reason = reason;
  for (; *words; words++)
    {
      DnsblList list;
      Question *question = NULL;

      if (dnsbl_list_parse (*words, gathering->arena, &list))
        question = question_of (gathering, list.zone);
      else
        pli_log (PLI_LOG_ERROR, "dnsbl.list", "not-a-list", *words, NULL);
      if (question)
        g_array_append_val (question->lists, list);
    }
  dnsbl_questions_pump (gathering->dnsbl);
}

void
dnsbl_questions_cancel (DnsblGathering *gathering)
{
  for (guint i = 0; i < gathering->questions->len; i++)
    {
      Question *question = gathering->questions->pdata[i];

      if (question->call)
        gathering->dnsbl->running--;
      else if (!question->over)
        g_queue_remove (&gathering->dnsbl->waiting, question);
      pli_call_cancel (question->call);
      question->call = NULL;
      question->over = TRUE;
    }
}
