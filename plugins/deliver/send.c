/* send.c: messages as the queue hands them over, and the answers. A job lives in the arena of its call. */
#include "deliver.h"

void
job_append (JobQueue *queue, Job *job)
{
  job->queue = queue;
  job->before = queue->last;
  job->after = NULL;
  if (queue->last)
    queue->last->after = job;
  else
    queue->first = job;
  queue->last = job;
  queue->n++;
  job->deliver->n_waiting++;
}

void
job_prepend (JobQueue *queue, Job *job)
{
  job->queue = queue;
  job->before = NULL;
  job->after = queue->first;
  if (queue->first)
    queue->first->before = job;
  else
    queue->last = job;
  queue->first = job;
  queue->n++;
  job->deliver->n_waiting++;
}

void
job_remove (Job *job)
{
  JobQueue *queue = g_steal_pointer (&job->queue);

  if (job->before)
    job->before->after = job->after;
  else
    queue->first = job->after;
  if (job->after)
    job->after->before = job->before;
  else
    queue->last = job->before;
  job->before = job->after = NULL;
  queue->n--;
  job->deliver->n_waiting--;
}

void
job_done (Job *job, Link *link)
{
  Deliver *deliver = job->deliver;
  PliCounter *counters[] = { deliver->taken, deliver->later, deliver->never };
  PliSendResult *result = job->result;
  const char *tls = link ? pli_connection_tls_text (link->connection) : NULL;

  g_assert (job->mail.n_unsettled == 0);
  result->rcpts = job->mail.sent;
  result->n_rcpts = job->mail.n_rcpts;
  result->host = link ? pli_arena_strdup (job->mail.arena, link->where) : NULL;
  result->tls = tls ? pli_arena_strdup (job->mail.arena, tls) : NULL;
  for (guint i = 0; i < result->n_rcpts; i++)
    pli_counter_add (counters[result->rcpts[i].outcome], 1);
  pli_op_done (job->ticket);
}

void
job_fail (Job *job, Link *link, const PliSent *why)
{
  mail_settle_rest (&job->mail, why);
  job_done (job, link);
}

void
job_fail_all (JobQueue *queue, const PliSent *why)
{
  while (queue->first)
    {
      Job *job = queue->first;

      job_remove (job);
      job_fail (job, NULL, why);
    }
}

/* The caller has given up: what waits need not be sent; what a link has cannot be taken back. */
static void
given_up (PliOp *op, gpointer user)
{
  static const PliSent why = { PLI_SEND_LATER, 0, "4.4.7", "waited for a connection for too long" };
  Job *job = user;

  (void) op;
  if (!job->queue)
    return;
  job_remove (job);
  job_fail (job, NULL, &why);
}

PliStep
deliver_send (PliOp *op, gpointer self, const PliSendArgs *args, PliSendResult *result)
{
  Deliver *deliver = self;
  Job *job = pli_arena_new0 (pli_op_arena (op), Job);

  if (!args->route || !args->sender || !args->rcpts)
    return pli_op_error (op, PLI_ERROR_PERMANENT, "a message without route, sender or recipients");
  job->deliver = deliver;
  job->args = args;
  job->result = result;
  mail_init (&job->mail, pli_op_arena (op), args);
  pli_op_on_cancel (op, given_up, job);
  job->ticket = pli_op_wait (op);
  if (job->mail.n_unsettled == 0)
    job_done (job, NULL);
  else
    {
      deliver_look_at_settings (deliver);
      domain_send (deliver, job);
    }
  return PLI_WAIT;
}
