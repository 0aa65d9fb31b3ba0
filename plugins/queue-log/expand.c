/* expand.c: from a recipient to the places it means. A recipient that is one account's own address stays the child that
 * it is; anything else is written to the journal, durably, before the first of its children is served, since aliases may
 * change before a restart. */
#include "queue-log.h"

typedef struct
{
  Message *m;
  guint32 number;
} Asking;

static void
expansion_kept (gpointer user, gboolean ok)
{
  Message *m = user;

  (void) ok; /* without it the expansion might be made again after a crash, which duplicates but loses nothing */
  message_start (m);
  message_unbusy (m);
}

static void
become_children (Message *m, guint32 number, const PliResolveResult *result)
{
  guint n = result->n_targets;
  Child *parent;

  for (guint i = 0; i < n; i++)
    {
      const PliTarget *target = &result->targets[i];
      Child *child = message_add_child (m, CHILD_NUMBER (CHILD_RCPT (number), i + 1),
                                        target->account ? CHILD_LOCAL : CHILD_REMOTE);

      child->owned = TRUE;
      child->address = g_strdup (target->address);
      child->account = g_strdup (target->account);
      child->store = g_strdup (target->store);
    }
  parent = message_child (m, number);
  parent->state = CHILD_SETTLED;
  m->n_open--;
  m->queue->open--;
  m->queue->settled++;
  m->queue->accepted += n;
  queue_tell (m, parent, "expanded", NULL);
  message_busy (m);
  journal_expansion (m->queue->journal, m, expansion_kept, m);
}

static void
become_local (Message *m, Child *child, const PliTarget *target)
{
  child->state = CHILD_LOCAL;
  child->address = pli_arena_strdup (m->hot->arena, target->address);
  child->account = pli_arena_strdup (m->hot->arena, target->account);
  child->store = pli_arena_strdup (m->hot->arena, target->store);
  deliver_child (m, child);
}

static void
take (Message *m, guint32 number, const PliResolveResult *result)
{
  Child *child = message_child (m, number);

  switch (result->kind)
    {
    case PLI_RCPT_LOCAL:
      if (result->n_targets == 1 && result->targets[0].account)
        become_local (m, child, &result->targets[0]);
      else if (result->n_targets >= CHILD_PLACES)
        bounce_child (m, child, "5.3.5", "the alias names more addresses than the queue can serve at once");
      else if (result->n_targets > 0)
        become_children (m, number, result);
      else
        bounce_child (m, child, "5.1.1", "the alias leads nowhere");
      break;
    case PLI_RCPT_FOREIGN:
      if (m->hot->granted)
        postpone (m, child, "no transport yet", FALSE);
      else
        bounce_child (m, child, "5.7.1", "the domain is not ours, and the session had no grant to relay");
      break;
    case PLI_RCPT_DISABLED:
      bounce_child (m, child, "5.2.1", "the account is disabled");
      break;
    case PLI_RCPT_LOOP:
      bounce_child (m, child, "5.4.6", "the aliases of this address go round in a circle");
      break;
    default:
      bounce_child (m, child, "5.1.1", "no such user here");
    }
}

static void
resolved (gpointer user, const void *result, const GError *error)
{
  Asking *asking = user;
  Message *m = asking->m;

  if (error)
    postpone (m, message_child (m, asking->number), error->message, TRUE);
  else
    take (m, asking->number, result);
  g_free (asking);
  message_unbusy (m);
}

void
expand_child (Message *m, Child *child)
{
  PliResolveArgs args = { m->hot->rcpts[CHILD_RCPT (child->number)] };
  Asking *asking = g_new (Asking, 1);

  *asking = (Asking){ m, child->number };
  child->state = CHILD_BUSY; /* or the end of another recipient's expansion would ask again */
  child->waiting = FALSE;
  message_busy (m);
  pli_directory_resolve (m->queue->instance, &args, resolved, asking);
}
