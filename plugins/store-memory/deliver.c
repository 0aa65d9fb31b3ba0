/* deliver.c: local deliveries: the messages are read from their segments in the offload pool, then stored on the loop
 * thread, each (segment, offset, child) once. Nothing here survives the process, so "durable" means: while it runs. */
#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

typedef struct
{
  Memory *memory;
  PliTicket ticket;
  const PliDeliverArgs *args;
  PliArena *arena;
  PliDelivered *items;
  GBytes **bytes;
  const char *segments;
} Delivery;

static void
item_fail (Delivery *delivery, guint32 n, PliErrorCode code, const char *text)
{
  delivery->items[n].code = code;
  delivery->items[n].text = pli_arena_strdup (delivery->arena, text);
}

/* Offload pool. */
static gboolean
read_all (int fd, char *data, gsize bytes, guint64 offset)
{
  gsize have = 0;

  while (have < bytes)
    {
      gssize got = pread (fd, data + have, bytes - have, (off_t) (offset + have));

      if (got < 0 && errno == EINTR)
        continue;
      if (got <= 0)
        return FALSE;
      have += (gsize) got;
    }
  return TRUE;
}

static void
read_item (Delivery *delivery, guint32 n)
{
  const PliDelivery *item = &delivery->args->items[n];
  char *path =
      pli_arena_printf (delivery->arena, "%s/%016" G_GINT64_MODIFIER "x.seg", delivery->segments, item->segment);
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  char *data;

  if (fd < 0)
    {
      item_fail (delivery, n, errno == ENOENT ? PLI_ERROR_CORRUPT : PLI_ERROR_TRY_AGAIN,
                 "the segment cannot be opened");
      return;
    }
  data = g_try_malloc (item->bytes ? item->bytes : 1);
  if (!data)
    item_fail (delivery, n, PLI_ERROR_TRY_AGAIN, "out of memory");
  else if (read_all (fd, data, item->bytes, item->body_offset))
    delivery->bytes[n] = g_bytes_new_take (g_steal_pointer (&data), item->bytes);
  else
    item_fail (delivery, n, PLI_ERROR_CORRUPT, "the segment is shorter than the message");
  g_free (data);
  close (fd);
}

static void
read_items (gpointer user)
{
  Delivery *delivery = user;

  for (guint32 n = 0; n < delivery->args->n_items; n++)
    read_item (delivery, n);
}

/* Loop thread. */
static MemoryMailbox *
find_mailbox (Memory *memory, MemoryAccount *account, const char *name, PliRole role)
{
  MemoryMailbox *mailbox;

  for (guint i = 0; role != PLI_ROLE_NONE && i < account->mailboxes->len; i++)
    if (((MemoryMailbox *) account->mailboxes->pdata[i])->role == role)
      return account->mailboxes->pdata[i];
  mailbox = memory_mailbox_by_name (account, name);
  return mailbox ? mailbox : memory_mailbox_make (memory, account, name, role);
}

static void
store_item (Delivery *delivery, guint32 n)
{
  const PliDelivery *item = &delivery->args->items[n];
  MemoryTaken taken = { item->segment, item->offset, item->child };
  g_autoptr (GError) error = NULL;
  MemoryAccount *account = memory_account (delivery->memory, item->account, &error);
  PliRole role = pli_role_of_special_use (item->mailbox);
  const char *wanted = !item->mailbox ? "INBOX" : item->mailbox + (role != PLI_ROLE_NONE);
  g_autofree char *name = account ? memory_name (pli_plugin_settings (delivery->memory->plugin), wanted, &error) : NULL;
  MemoryMailbox *mailbox;
  MemoryMessage *message;

  if (!name)
    {
      item_fail (delivery, n, (PliErrorCode) error->code, error->message);
      return;
    }
  if (g_hash_table_contains (account->taken, &taken))
    {
      delivery->items[n] = (PliDelivered){ 0 };
      return;
    }
  if (!delivery->bytes[n])
    return;
  mailbox = find_mailbox (delivery->memory, account, name, role);
  message = memory_message_new (account, delivery->bytes[n], &item->renderings, item->received_us);
  memory_mailbox_add (mailbox, message, item->flags & 31, 0, memory_change (account, mailbox));
  memory_message_unref (message);
  g_hash_table_add (account->taken, g_memdup2 (&taken, sizeof taken));
  memory_notify (delivery->memory, account, mailbox->number);
}

static void
store_items (gpointer user)
{
  Delivery *delivery = user;

  for (guint32 n = 0; n < delivery->args->n_items; n++)
    {
      if (delivery->memory->closed)
        item_fail (delivery, n, PLI_ERROR_TRY_AGAIN, "the store is closed");
      else
        store_item (delivery, n);
      g_clear_pointer (&delivery->bytes[n], g_bytes_unref);
    }
  memory_delivery_over (delivery->memory);
  pli_op_done (delivery->ticket);
}

PliStep
memory_deliver (PliOp *op, gpointer self, const PliDeliverArgs *args, PliDeliverResult *result)
{
  Memory *memory = self;
  Delivery *delivery = pli_arena_new0 (pli_op_arena (op), Delivery);

  delivery->memory = memory;
  delivery->args = args;
  delivery->arena = pli_op_arena (op);
  delivery->items = pli_arena_array (delivery->arena, PliDelivered, args->n_items);
  delivery->bytes = pli_arena_array (delivery->arena, GBytes *, args->n_items);
  delivery->segments = pli_store_segments (memory->instance);
  result->items = delivery->items;
  result->n_items = args->n_items;
  delivery->ticket = pli_op_wait (op);
  memory->reading++;
  pli_offload (memory->instance, read_items, store_items, delivery);
  return PLI_WAIT;
}

PliStep
memory_settled (PliOp *op, gpointer self, const PliSettledArgs *args, PliSettledResult *result)
{
  Memory *memory = self;

  (void) op;
  for (guint32 n = 0; n < args->n_items; n++)
    {
      const PliDelivery *item = &args->items[n];
      MemoryTaken taken = { item->segment, item->offset, item->child };
      MemoryAccount *account = g_hash_table_lookup (memory->accounts, item->account);

      if (account)
        g_hash_table_remove (account->taken, &taken);
    }
  result->n = args->n_items;
  return PLI_DONE;
}

/* All messages were copied. */
guint64
memory_live (gpointer self)
{
  (void) self;
  return G_MAXUINT64;
}
