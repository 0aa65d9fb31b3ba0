/* deliver.c: local deliveries: copied from the queue's segments, synced, then put in place. What one call has for an account
 * is one step of a turn. Each (segment, offset, child) is taken once: the database says so, and when that was not written
 * any more, the name of the file. */
#include "maildir.h"

#include <errno.h>
#include <fcntl.h>
#include <pli/record.h>
#include <unistd.h>

#define FILES_MOST 8 /* that are synced one by one */
#define MOST_US (120 * G_USEC_PER_SEC)

typedef struct
{
  Maildir *maildir;
  PliTicket ticket;
  PliArena *arena;
  const PliDeliverArgs *args;
  PliDelivered *items;
  guint open; /* groups that are not over */
} Delivery;

/* The items of one account. */
typedef struct
{
  MaildirCall call;
  Delivery *delivery;
  GArray *numbers; /* guint32 */
  GError **errors; /* one for each */
  gint64 since_us;
} Group;

/* What goes to one mailbox. */
typedef struct
{
  MaildirMailbox *mailbox;
  GArray *rows;    /* MaildirRow */
  GArray *numbers; /* guint32 */
} Part;

static void
answer_item (Delivery *delivery, guint32 n, const GError *error)
{
  delivery->items[n].code = (guint32) error->code;
  delivery->items[n].text = pli_arena_strdup (delivery->arena, error->message);
}

static void
group_over (Delivery *delivery)
{
  if (--delivery->open == 0)
    pli_op_done (delivery->ticket);
}

static void
over (MaildirCall *call)
{
  Group *group = (Group *) call;

  for (guint i = 0; i < group->numbers->len; i++)
    {
      const GError *error = call->error ? call->error : group->errors[i];

      if (error)
        answer_item (group->delivery, g_array_index (group->numbers, guint32, i), error);
      g_clear_error (&group->errors[i]);
    }
  g_clear_error (&call->error);
  group_over (group->delivery);
  g_array_unref (group->numbers);
  g_free (group->errors);
  pli_arena_free (call->arena);
  g_free (group);
}

/* Offload pool from here on. */
static gboolean
read_message (MaildirCall *call, const PliDelivery *item, PliBuffer *out, GError **error)
{
  g_autofree char *path = pli_segment_path (pli_store_segments (call->maildir->instance), item->segment);
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  gssize got = 1;

  if (fd < 0)
    {
      g_set_error (error, PLI_ERROR, errno == ENOENT ? PLI_ERROR_CORRUPT : PLI_ERROR_TRY_AGAIN, "%s: %s", path,
                   g_strerror (errno));
      return FALSE;
    }
  pli_buffer_reserve (out, item->bytes);
  while (out->len < item->bytes && got > 0)
    {
      got = pread (fd, out->data + out->len, item->bytes - out->len, (off_t) (item->body_offset + out->len));
      if (got < 0 && errno == EINTR)
        got = 1;
      else if (got > 0)
        out->len += (gsize) got;
    }
  close (fd);
  if (out->len == item->bytes)
    return TRUE;
  g_set_error (error, PLI_ERROR, PLI_ERROR_CORRUPT, "%s: the segment is shorter than the message", path);
  return FALSE;
}

static gboolean
check_item (Group *group, const PliDelivery *item, GError **error)
{
  if (g_get_monotonic_time () - group->since_us > MOST_US)
    g_set_error_literal (error, PLI_ERROR, PLI_ERROR_TRY_AGAIN, "the store is too busy");
  else if (item->segment == 0 || item->segment > G_MAXINT64 || item->offset > G_MAXINT64)
    g_set_error_literal (error, PLI_ERROR, PLI_ERROR_PERMANENT, "no such place in a segment");
  else if (item->bytes > MIN (group->call.maildir->set.message_max, G_MAXUINT32))
    g_set_error_literal (error, PLI_ERROR, PLI_ERROR_PERMANENT,
                         "the message is larger than [store-maildir] message-max");
  return !*error;
}

static gboolean
is_taken (MaildirAccount *account, const PliDelivery *item, gboolean *out, GError **error)
{
  sqlite3_stmt *statement = maildir_sql (account, MAILDIR_TAKEN_GET, error);

  if (!statement)
    return FALSE;
  maildir_bind (statement, 3, item->segment, item->offset, (gint64) item->child);
  if (!maildir_step (account, statement, out, error))
    return FALSE;
  sqlite3_reset (statement);
  return TRUE;
}

static Part *
part_of (GPtrArray *parts, MaildirMailbox *mailbox)
{
  Part *part;

  for (guint i = 0; i < parts->len; i++)
    if (((Part *) parts->pdata[i])->mailbox == mailbox)
      return parts->pdata[i];
  part = g_new0 (Part, 1);
  part->mailbox = mailbox;
  part->rows = g_array_new (FALSE, FALSE, sizeof (MaildirRow));
  part->numbers = g_array_new (FALSE, FALSE, sizeof (guint32));
  g_ptr_array_add (parts, part);
  return part;
}

static void
part_free (gpointer data)
{
  Part *part = data;

  for (guint i = 0; i < part->rows->len; i++)
    g_free (g_array_index (part->rows, MaildirRow, i).file);
  g_array_unref (part->rows);
  g_array_unref (part->numbers);
  g_free (part);
}

static MaildirMailbox *
by_role (MaildirAccount *account, PliRole role)
{
  for (guint i = 0; role != PLI_ROLE_NONE && i < account->mailboxes->len; i++)
    if (((MaildirMailbox *) account->mailboxes->pdata[i])->role == role)
      return account->mailboxes->pdata[i];
  return NULL;
}

/* The mailbox that has the role, else the one of that name. */
static MaildirMailbox *
find_mailbox (MaildirAccount *account, const PliDelivery *item, GError **error)
{
  PliRole role = pli_role_of_special_use (item->mailbox);
  const char *wanted = role ? item->mailbox + 1 : item->mailbox ? item->mailbox : "INBOX";
  g_autofree char *name = maildir_name (&account->maildir->set, wanted, error);
  MaildirMailbox *mailbox;

  if (!name || !maildir_tree_look (account, error))
    return NULL;
  mailbox = by_role (account, role);
  mailbox = mailbox ? mailbox : maildir_by_name (account, name);
  if (mailbox)
    return maildir_look (account, mailbox, error) ? mailbox : NULL;
  mailbox = maildir_make (account, name, role, error);
  if (!mailbox && (*error)->code != PLI_ERROR_LIMIT)
    account->broken = TRUE;
  return mailbox;
}

static gboolean
write_item (MaildirCall *call, const PliDelivery *item, MaildirMailbox *mailbox, MaildirRow *row, GError **error)
{
  MaildirAccount *account = call->account;
  g_auto (PliBuffer) message = { 0 }, space = { 0 };
  g_autofree char *base = NULL;
  MaildirFileName name = { .flags = item->flags & 31 };
  PliSpan bytes;

  if (!read_message (call, item, &message, error))
    return FALSE;
  bytes = maildir_body_pack (&account->maildir->set, pli_buffer_span (&message), &space);
  base = maildir_filename_delivery (item, bytes.len, message.len);
  if (!maildir_body_write (account, mailbox, base, bytes, item->received_us, error))
    return FALSE;
  name.base = pli_span_from (base);
  *row = (MaildirRow){ .flags = name.flags,
                       .received_us = item->received_us,
                       .bytes = (guint32) item->bytes,
                       .header_bytes = item->renderings.header_bytes,
                       .direct = bytes.len == message.len,
                       .learnt = TRUE,
                       .in_new = name.flags == 0 };
  row->file = row->in_new ? g_steal_pointer (&base) : maildir_filename_make (&name);
  row->modseq = row->email = maildir_change (account, mailbox);
  return TRUE;
}

/* FALSE with *error: this item is not taken. */
static gboolean
prepare_item (Group *group, guint i, GPtrArray *parts, GError **error)
{
  MaildirCall *call = &group->call;
  guint32 n = g_array_index (group->numbers, guint32, i);
  const PliDelivery *item = &group->delivery->args->items[n];
  MaildirMailbox *mailbox = check_item (group, item, error) ? find_mailbox (call->account, item, error) : NULL;
  gboolean taken;
  MaildirRow row;
  Part *part;

  if (!mailbox || !is_taken (call->account, item, &taken, error))
    return FALSE;
  if (taken)
    return TRUE;
  if (!write_item (call, item, mailbox, &row, error))
    return FALSE;
  part = part_of (parts, mailbox);
  g_array_append_val (part->rows, row);
  g_array_append_val (part->numbers, n);
  return maildir_run (call->account, error, MAILDIR_TAKEN_ADD, 4, item->segment, item->offset, (gint64) item->child,
                      call->now_us / G_USEC_PER_SEC);
}

static gboolean
place_part (Group *group, Part *part)
{
  MaildirCall *call = &group->call;
  MaildirAccount *account = call->account;

  if (!maildir_place (account, part->mailbox, (MaildirRow *) part->rows->data, part->rows->len, &call->error))
    return FALSE;
  for (guint i = 0; i < part->rows->len; i++)
    {
      const PliDelivery *item = &group->delivery->args->items[g_array_index (part->numbers, guint32, i)];

      if (!maildir_texts_save (account, g_array_index (part->rows, MaildirRow, i).email, &item->renderings,
                               &call->error))
        return FALSE;
    }
  maildir_notice (account, part->mailbox);
  return TRUE;
}

static gboolean
deliver_group (MaildirCall *call)
{
  Group *group = (Group *) call;
  MaildirAccount *account = call->account;
  g_autoptr (GPtrArray) parts = g_ptr_array_new_with_free_func (part_free);
  gboolean bulk;

  account->bulk = group->numbers->len > FILES_MOST;
  for (guint i = 0; i < group->numbers->len && !account->broken; i++)
    if (!prepare_item (group, i, parts, &group->errors[i]) && account->broken)
      call->error = g_error_copy (group->errors[i]);
  bulk = account->bulk;
  account->bulk = FALSE;
  if (bulk && !call->error && maildir_syncs (account) && !maildir_sync_volume (account->tree, &call->error))
    account->broken = TRUE;
  if (call->error)
    return FALSE;
  for (guint i = 0; i < parts->len; i++)
    if (!place_part (group, parts->pdata[i]))
      return maildir_fail (call);
  return TRUE;
}

/* Loop thread. */
static Group *
group_new (Delivery *delivery, MaildirAccount *account)
{
  Group *group = g_new0 (Group, 1);

  group->call.maildir = delivery->maildir;
  group->call.account = account;
  group->call.verb = deliver_group;
  group->call.over = over;
  group->call.arena = pli_arena_new ();
  group->call.now_us = pli_now_us (delivery->maildir->instance);
  group->delivery = delivery;
  group->numbers = g_array_new (FALSE, FALSE, sizeof (guint32));
  group->since_us = g_get_monotonic_time ();
  return group;
}

static void
group_items (Delivery *delivery, GHashTable *groups)
{
  for (guint32 n = 0; n < delivery->args->n_items; n++)
    {
      g_autoptr (GError) error = NULL;
      MaildirAccount *account = maildir_account (delivery->maildir, delivery->args->items[n].account, &error);
      Group *group = account ? g_hash_table_lookup (groups, account) : NULL;

      if (!account)
        {
          answer_item (delivery, n, error);
          continue;
        }
      if (!group)
        {
          group = group_new (delivery, account);
          g_hash_table_insert (groups, account, group);
        }
      g_array_append_val (group->numbers, n);
    }
}

PliStep
maildir_slot_deliver (PliOp *op, gpointer self, const PliDeliverArgs *args, PliDeliverResult *result)
{
  g_autoptr (GHashTable) groups = g_hash_table_new (NULL, NULL);
  Delivery *delivery = pli_arena_new0 (pli_op_arena (op), Delivery);
  GHashTableIter iter;
  gpointer group;

  delivery->maildir = self;
  if (delivery->maildir->closed)
    return pli_op_error (op, PLI_ERROR_TRY_AGAIN, "the store is closed");
  delivery->arena = pli_op_arena (op);
  delivery->args = args;
  delivery->items = pli_arena_array (delivery->arena, PliDelivered, args->n_items);
  result->items = delivery->items;
  result->n_items = args->n_items;
  group_items (delivery, groups);
  delivery->open = g_hash_table_size (groups);
  if (delivery->open == 0)
    return PLI_DONE;
  delivery->ticket = pli_op_wait (op);
  g_hash_table_iter_init (&iter, groups);
  while (g_hash_table_iter_next (&iter, NULL, &group))
    {
      ((Group *) group)->errors = g_new0 (GError *, ((Group *) group)->numbers->len);
      maildir_call_push (&((Group *) group)->call);
    }
  return PLI_WAIT;
}

PliStep
maildir_slot_settled (PliOp *op, gpointer self, const PliSettledArgs *args, PliSettledResult *result)
{
  Maildir *maildir = self;

  (void) op;
  for (guint32 n = 0; n < args->n_items; n++)
    {
      const PliDelivery *item = &args->items[n];
      MaildirAccount *account = item->account ? g_hash_table_lookup (maildir->accounts, item->account) : NULL;
      MaildirKey key = { item->segment, item->offset, pli_clock_us (maildir->instance), item->child };

      if (account)
        g_array_append_val (account->settled, key);
    }
  result->n = args->n_items;
  return PLI_DONE;
}

/* What is delivered here is copied: no segment is needed. */
guint64
maildir_live (gpointer self)
{
  (void) self;
  return G_MAXUINT64;
}
