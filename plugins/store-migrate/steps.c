/* steps.c: the three parts of a move. Preparing clears the target (which may have an old copy, but nothing else), and makes
 * the mailboxes; copying goes mailbox by mailbox, in order of UIDs, so that the target's last message says where to go on; at the end
 * each message of both is read and compared. A step ends after so many messages, or when its time is up. */
#include "migrate.h"

#define EVERYTHING                                                                                                     \
  (PLI_WANT_FLAGS | PLI_WANT_META | PLI_WANT_ENVELOPE | PLI_WANT_BODY | PLI_WANT_BODYSTRUCTURE | PLI_WANT_PARTS        \
   | PLI_WANT_PREVIEW)

static void
box_free (gpointer data)
{
  Box *box = data;

  g_free (box->name);
  g_free (box);
}

static void
take_boxes (gpointer user, const void *answer)
{
  const PliMailboxesResult *result = answer;

  for (guint32 i = 0; i < result->n_rows; i++)
    {
      const PliMailboxRow *row = &result->rows[i];
      Box *box = g_new0 (Box, 1);

      *box = (Box){ g_strdup (row->name), row->role,    row->uidvalidity, row->uidnext,
                    row->messages,        row->mailbox, row->modseq,      row->subscribed };
      g_ptr_array_add (user, box);
    }
}

GPtrArray *
migrate_list (Move *move, const char *store, GError **error)
{
  GPtrArray *boxes = g_ptr_array_new_with_free_func (box_free);
  PliMailboxesArgs args = { NULL, TRUE };

  if (MIGRATE_ASK (move, store, mailboxes, PliMailboxesResult, &args, take_boxes, boxes, error))
    return boxes;
  g_ptr_array_unref (boxes);
  return NULL;
}

static gboolean
change (Move *move, const PliMailboxArgs *args, GError **error)
{
  return MIGRATE_ASK (move, move->place->to, mailbox, PliMailboxResult, args, NULL, NULL, error);
}

static Box *
find (GPtrArray *boxes, const char *name)
{
  for (guint i = 0; i < boxes->len; i++)
    if (g_str_equal (((Box *) boxes->pdata[i])->name, name))
      return boxes->pdata[i];
  return NULL;
}

static gboolean
has_old_copy (const Place *place)
{
  g_auto (GStrv) left = g_strsplit (place->left, ",", -1);

  return g_strv_contains ((const char *const *) left, place->to);
}

static gboolean
clear_box (Move *move, const Box *box, GError **error)
{
  PliUidRange all = { 1, G_MAXUINT32 };
  PliExpungeArgs expunge = { box->number, &all, 1, TRUE };
  PliMailboxArgs unsubscribe = { .verb = PLI_MAILBOX_UNSUBSCRIBE, .name = box->name };
  PliMailboxArgs delete = { .verb = PLI_MAILBOX_DELETE, .name = box->name };

  if (box->subscribed && !change (move, &unsubscribe, error))
    return FALSE;
  if (box->number == 0)
    return TRUE;
  if (box->role != PLI_ROLE_INBOX)
    return change (move, &delete, error);
  return MIGRATE_ASK (move, move->place->to, expunge, PliExpungeResult, &expunge, NULL, NULL, error);
}

static gboolean
clear_target (Move *move, GError **error)
{
  g_autoptr (GPtrArray) boxes = migrate_list (move, move->place->to, error);
  guint messages = 0;

  if (!boxes)
    return FALSE;
  for (guint i = 0; i < boxes->len; i++)
    messages += ((Box *) boxes->pdata[i])->messages;
  if (messages > 0 && !has_old_copy (move->place))
    {
      g_set_error (error, PLI_ERROR, PLI_ERROR_PERMANENT, "the account has %u messages of its own in store %s",
                   messages, move->place->to);
      return FALSE;
    }
  for (guint i = boxes->len; i > 0; i--)
    if (!clear_box (move, boxes->pdata[i - 1], error))
      return FALSE;
  move->place->begun = TRUE;
  return place_write (move->migrate, move->place, error);
}

/* The account's numbers rise over all that clients may remember. */
static gboolean
impose (Move *move, const Box *box, guint32 uidnext, GError **error)
{
  PliMailboxArgs args = {
    .verb = PLI_MAILBOX_IMPOSE, .name = box->name, .uidvalidity = box->uidvalidity, .uidnext = uidnext
  };

  for (guint i = 0; i < move->boxes->len; i++)
    args.modseq = MAX (args.modseq, ((Box *) move->boxes->pdata[i])->modseq);
  return change (move, &args, error);
}

static gboolean
make_box (Move *move, const Box *box, GPtrArray *there, GError **error)
{
  const Box *known = find (there, box->name);
  PliMailboxArgs create = { .verb = PLI_MAILBOX_CREATE, .name = box->name, .role = box->role };
  PliMailboxArgs subscribe = { .verb = PLI_MAILBOX_SUBSCRIBE, .name = box->name };

  if (box->subscribed && !(known && known->subscribed) && !change (move, &subscribe, error))
    return FALSE;
  if (box->number == 0)
    return TRUE;
  /* A crash may have left one that is only half made. */
  if (known && known->number && known->role != box->role && known->messages == 0)
    {
      PliMailboxArgs delete = { .verb = PLI_MAILBOX_DELETE, .name = box->name };

      if (!change (move, &delete, error))
        return FALSE;
      known = NULL;
    }
  if (!(known && known->number))
    {
      g_autoptr (GError) exists = NULL;

      /* Its parent may have been made along with another one. */
      if (!change (move, &create, &exists) && exists->code != PLI_ERROR_EXISTS)
        {
          g_propagate_error (error, g_steal_pointer (&exists));
          return FALSE;
        }
      known = NULL;
    }
  return (known && known->uidvalidity == box->uidvalidity) || impose (move, box, 1, error);
}

/* Parents that CREATE made, and that were only part of names. */
static gboolean
drop_parents (Move *move, GError **error)
{
  g_autoptr (GPtrArray) there = migrate_list (move, move->place->to, error);

  for (guint i = 0; there && i < there->len; i++)
    {
      const Box *box = there->pdata[i], *wanted = find (move->boxes, box->name);
      PliMailboxArgs delete = { .verb = PLI_MAILBOX_DELETE, .name = box->name };

      if (box->number && !(wanted && wanted->number) && !change (move, &delete, error))
        return FALSE;
    }
  return there != NULL;
}

static void
take_taken (gpointer user, const void *answer)
{
  const PliTakenResult *result = answer;

  g_array_append_vals (user, result->items, result->n_items);
}

gboolean
migrate_probe (Move *move, GError **error)
{
  const char *const stores[] = { move->place->from, move->place->to };
  PliTakenArgs args = { 0 };

  for (guint i = 0; i < G_N_ELEMENTS (stores); i++)
    {
      g_autoptr (GError) why = NULL;

      if (MIGRATE_ASK (move, stores[i], taken, PliTakenResult, &args, NULL, NULL, &why))
        continue;
      g_set_error (error, PLI_ERROR, PLI_ERROR_PERMANENT, "store %s cannot take part in a move: %s", stores[i],
                   why->message);
      return FALSE;
    }
  return TRUE;
}

/* What the queue delivers again after a crash must not come twice. */
static gboolean
copy_taken (Move *move, GError **error)
{
  g_autoptr (GArray) items = g_array_new (FALSE, FALSE, sizeof (PliDelivery));
  PliTakenArgs args = { 0 };

  if (!MIGRATE_ASK (move, move->place->from, taken, PliTakenResult, &args, take_taken, items, error))
    return FALSE;
  args.items = (const PliDelivery *) items->data;
  args.n_items = items->len;
  return MIGRATE_ASK (move, move->place->to, taken, PliTakenResult, &args, NULL, NULL, error);
}

gboolean
migrate_prepare (Move *move, GError **error)
{
  g_autoptr (GPtrArray) there = NULL;

  g_clear_pointer (&move->boxes, g_ptr_array_unref);
  move->boxes = migrate_list (move, move->place->from, error);
  if (!move->boxes || (!move->place->begun && !clear_target (move, error)))
    return FALSE;
  there = migrate_list (move, move->place->to, error);
  move->total = move->copied = move->verified = 0;
  for (guint i = 0; there && i < move->boxes->len; i++)
    {
      const Box *box = move->boxes->pdata[i], *known = find (there, box->name);

      move->total += box->messages;
      move->copied += known ? known->messages : 0;
      if (!make_box (move, box, there, error))
        return FALSE;
    }
  move->at = 0;
  move->phase = MIGRATE_COPY;
  return there && drop_parents (move, error) && copy_taken (move, error);
}

static gboolean
time_is_up (Move *move)
{
  return g_get_monotonic_time () > move->until_us;
}

static gboolean
put (Move *move, const Box *box, const Copy *copy, PliBuffer *text, GError **error)
{
  const PliMessageRow *row = &copy->row;
  PliAppendArgs args = { .name = box->name,
                         .renderings = { .envelope = row->envelope,
                                         .body = row->body,
                                         .bodystructure = row->bodystructure,
                                         .parts = row->parts,
                                         .preview = row->preview,
                                         .header_bytes = row->header_bytes,
                                         .size = row->bytes },
                         .flags = row->flags,
                         .keywords = (const char *const *) copy->keywords,
                         .received_us = row->received_us,
                         .uid = row->uid };

  if (!migrate_read (move, move->place->from, box->number, row, text, error))
    return FALSE;
  args.message = text->len ? pli_buffer_span (text) : PLI_SPAN ("");
  return MIGRATE_ASK (move, move->place->to, append, PliAppendResult, &args, NULL, NULL, error);
}

static void
take_last (gpointer user, const void *answer)
{
  const PliOpenResult *open = answer;

  *(guint32 *) user = open->n_uids > 0 ? open->uids[open->n_uids - 1].last : 0;
}

/* One mailbox, from the last message that the target has on (its UIDNEXT may have been raised by a crash); *out_over: all of
 * it. */
static gboolean
copy_box (Move *move, const Box *box, gboolean *out_over, GError **error)
{
  PliOpenArgs open = { box->name, TRUE };
  g_auto (PliBuffer) text = { 0 };
  guint32 cursor = 0;

  *out_over = FALSE;
  if (!MIGRATE_ASK (move, move->place->to, open, PliOpenResult, &open, take_last, &cursor, error))
    return FALSE;
  cursor++;
  do
    {
      g_autoptr (GPtrArray) copies =
          migrate_rows (move, move->place->from, box->number, cursor, EVERYTHING, &cursor, error);

      if (!copies)
        return FALSE;
      for (guint i = 0; i < copies->len; i++)
        {
          if (!put (move, box, copies->pdata[i], &text, error))
            return FALSE;
          move->copied++;
          if (time_is_up (move))
            return TRUE;
        }
    }
  while (cursor);
  *out_over = TRUE;
  return impose (move, box, box->uidnext, error);
}

gboolean
migrate_copy (Move *move, GError **error)
{
  while (move->at < move->boxes->len && !time_is_up (move))
    {
      const Box *box = move->boxes->pdata[move->at];
      gboolean over = TRUE;

      if (box->number && !copy_box (move, box, &over, error))
        return FALSE;
      move->at += over;
    }
  if (move->at == move->boxes->len)
    {
      move->at = 0;
      move->cursor = 0;
      move->phase = MIGRATE_VERIFY;
    }
  return TRUE;
}

static gboolean
differs (const Box *box, guint32 uid, GError **error)
{
  g_set_error (error, PLI_ERROR, PLI_ERROR_CORRUPT, "UID %u of %s is not the same in both stores", uid, box->name);
  return FALSE;
}

static gboolean
compare (Move *move, const Box *box, const Box *target, const Copy *a, const Copy *b, GError **error)
{
  g_auto (PliBuffer) one = { 0 }, two = { 0 };
  g_autofree char *sum_one = NULL, *sum_two = NULL;

  if (a->row.uid != b->row.uid || a->row.flags != b->row.flags || a->row.received_us != b->row.received_us
      || a->row.bytes != b->row.bytes
      || !g_strv_equal ((const char *const *) a->keywords, (const char *const *) b->keywords))
    return differs (box, a->row.uid, error);
  if (!migrate_read (move, move->place->from, box->number, &a->row, &one, error)
      || !migrate_read (move, move->place->to, target->number, &b->row, &two, error))
    return FALSE;
  sum_one = g_compute_checksum_for_data (G_CHECKSUM_SHA256, (const guchar *) one.data, one.len);
  sum_two = g_compute_checksum_for_data (G_CHECKSUM_SHA256, (const guchar *) two.data, two.len);
  return g_str_equal (sum_one, sum_two) || differs (box, a->row.uid, error);
}

static gboolean
verify_some (Move *move, const Box *box, const Box *target, gboolean *out_over, GError **error)
{
  guint32 want = PLI_WANT_FLAGS | PLI_WANT_META, next = 0, other = 0;
  g_autoptr (GPtrArray) a = migrate_rows (move, move->place->from, box->number, move->cursor, want, &next, error);
  g_autoptr (GPtrArray) b =
      a ? migrate_rows (move, move->place->to, target->number, move->cursor, want, &other, error) : NULL;

  *out_over = FALSE;
  if (!b)
    return FALSE;
  if (a->len != b->len || next != other)
    return differs (box, move->cursor, error);
  for (guint i = 0; i < a->len; i++)
    {
      const Copy *one = a->pdata[i];

      if (!compare (move, box, target, one, b->pdata[i], error))
        return FALSE;
      move->verified++;
      move->cursor = one->row.uid + 1;
      if (time_is_up (move))
        return TRUE;
    }
  *out_over = next == 0;
  return TRUE;
}

gboolean
migrate_verify (Move *move, GError **error)
{
  g_autoptr (GPtrArray) there = migrate_list (move, move->place->to, error);

  while (there && move->at < move->boxes->len && !time_is_up (move))
    {
      const Box *box = move->boxes->pdata[move->at], *target = find (there, box->name);
      gboolean over = TRUE;

      if (!target || target->role != box->role || target->subscribed != box->subscribed
          || (target->number == 0) != (box->number == 0)
          || (box->number && (target->uidvalidity != box->uidvalidity || target->uidnext < box->uidnext)))
        return differs (box, 0, error);
      if (box->number && !verify_some (move, box, target, &over, error))
        return FALSE;
      if (!over)
        continue;
      move->at++;
      move->cursor = 0;
    }
  if (there && move->at == move->boxes->len)
    move->phase = MIGRATE_DONE;
  return there != NULL;
}
