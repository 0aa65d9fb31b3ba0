/* expand.c: from a recipient to the places it means. A recipient that is one account's own address stays the child that
 * it is; anything else is written to the journal, durably, before the first of its children is served, since aliases may
 * change before a restart. */
#include "queue-log.h"

#define TARGETS_TOLD 5

typedef struct
{
  Message *m;
  guint32 number;
} Asking;

typedef struct
{
  Message *m;
  guint32 first; /* number of the first one */
  guint n;
} Grown;

static void
grown_kept (gpointer user, gboolean ok)
{
  Grown *grown = user;
  Message *m = grown->m;

  (void) ok; /* without it the expansion might be made again after a crash, which duplicates but loses nothing */
  for (guint i = 0; i < grown->n; i++)
    {
      Child *child = message_child (m, grown->first + i);

      child->state = child->home;
    }
  g_free (grown);
  message_start (m);
  message_unbusy (m);
}

static guint
next_place (const Message *m, guint32 rcpt)
{
  guint32 highest = 0;

  for (guint i = 0; i < m->n_children; i++)
    if (CHILD_RCPT (m->children[i].number) == rcpt)
      highest = MAX (highest, m->children[i].number % CHILD_PLACES);
  return highest + 1;
}

static void
add_grown (Message *m, guint32 number, guint32 parent, const PliTarget *target, ChildState home, guint8 hops)
{
  Child *child = message_add_child (m, number, CHILD_BUSY);

  child->home = (guint8) home;
  child->owned = TRUE;
  child->parent = parent;
  child->hops = hops;
  child->address = g_strdup (target->address);
  child->account = g_strdup (target->account);
  child->store = g_strdup (target->store);
}

gboolean
grow (Message *m, guint32 number, const PliTarget *targets, guint n, ChildState foreign, gboolean copy)
{
  guint place = next_place (m, CHILD_RCPT (number));
  guint8 hops = message_child (m, number)->hops;
  Grown *grown;
  Child *parent;

  if (n >= CHILD_PLACES || place + n > CHILD_PLACES)
    return FALSE;
  grown = g_new (Grown, 1);
  *grown = (Grown){ m, CHILD_NUMBER (CHILD_RCPT (number), place), n };
  for (guint i = 0; i < n; i++)
    add_grown (m, grown->first + i, number, &targets[i], targets[i].account ? CHILD_LOCAL : foreign,
               foreign == CHILD_UNRESOLVED ? hops + 1 : hops);
  m->queue->accepted += n;
  parent = message_child (m, number);
  if (copy)
    parent->copied = TRUE;
  else
    {
      parent->state = CHILD_SETTLED;
      m->n_open--;
      m->queue->open--;
      m->queue->settled++;
    }
  message_busy (m);
  journal_grown (m->queue->journal, m, number, n, copy, grown_kept, grown);
  return TRUE;
}

/* Whom an alias or a subaddress stands for: found by the address that was written to, too. */
static void
tell_expanded (Message *m, guint32 number, const PliResolveResult *result)
{
  g_auto (PliBuffer) detail = { 0 };

  pli_buffer_add_text (&detail, "directory: stands for ");
  for (guint32 i = 0; i < MIN (result->n_targets, TARGETS_TOLD); i++)
    pli_buffer_printf (&detail, "%s%s", i > 0 ? ", " : "", result->targets[i].address);
  if (result->n_targets > TARGETS_TOLD)
    pli_buffer_printf (&detail, " and %u more", result->n_targets - TARGETS_TOLD);
  pli_buffer_add_char (&detail, 0);
  queue_tell (m, message_child (m, number), "expanded", &(Told){ .detail = detail.data });
}

static void
become_local (Message *m, Child *child, const PliTarget *target)
{
  if (child->owned)
    {
      child->account = g_strdup (target->account);
      child->store = g_strdup (target->store);
    }
  else
    {
      child->address = pli_arena_strdup (m->hot->arena, target->address);
      child->account = pli_arena_strdup (m->hot->arena, target->account);
      child->store = pli_arena_strdup (m->hot->arena, target->store);
    }
  child->state = CHILD_LOCAL;
}

static void
become_children (Message *m, guint32 number, const PliResolveResult *result)
{
  if (grow (m, number, result->targets, result->n_targets, CHILD_REMOTE, FALSE))
    tell_expanded (m, number, result);
  else
    fail_child (m, message_child (m, number), "5.3.5",
                "the alias names more addresses than the queue can serve at once", NULL);
}

static void
take (Message *m, guint32 number, const PliResolveResult *result)
{
  Child *child = message_child (m, number);

  switch (result->kind)
    {
    case PLI_RCPT_LOCAL:
      if (result->n_targets == 1 && result->targets[0].account)
        {
          if (!child->address
              && g_ascii_strcasecmp (m->hot->rcpts[CHILD_RCPT (number)], result->targets[0].address) != 0)
            tell_expanded (m, number, result);
          become_local (m, child, &result->targets[0]);
        }
      else if (result->n_targets > 0)
        become_children (m, number, result);
      else
        fail_child (m, child, "5.1.1", "the alias leads nowhere", NULL);
      break;
    case PLI_RCPT_FOREIGN:
      if (m->hot->granted || child->owned) /* an alias or a rule of ours says so */
        child->state = CHILD_REMOTE;
      else
        fail_child (m, child, "5.7.1", "the domain is not ours, and the session had no grant to relay", NULL);
      break;
    case PLI_RCPT_DISABLED:
      fail_child (m, child, "5.2.1", "the account is disabled", NULL);
      break;
    case PLI_RCPT_LOOP:
      fail_child (m, child, "5.4.6", "the aliases of this address go round in a circle", NULL);
      break;
    default:
      fail_child (m, child, "5.1.1", "no such user here", NULL);
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
  message_step (m, asking->number);
  g_free (asking);
  message_answered (m);
  message_unbusy (m);
}

void
expand_child (Message *m, Child *child)
{
  PliResolveArgs args = { message_address (m, child) };
  Asking *asking = g_new (Asking, 1);

  *asking = (Asking){ m, child->number };
  child_take (child, CHILD_UNRESOLVED); /* or the end of another recipient's expansion would ask again */
  message_busy (m);
  m->hot->asking++;
  pli_directory_resolve (m->queue->instance, &args, resolved, asking);
}
