/* list.c: LIST and LSUB. The store gives all names at once; here they become a tree, of which the matching part is
 * written. RFC 3501 6.3.8, 6.3.9, 7.2.2; RFC 3348; RFC 5258; RFC 6154; RFC 5819. */
#include "imap.h"
#include "list_args.h"

/* A name and what is known of those below it. */
typedef struct
{
  const char *name;
  const PliMailboxRow *row; /* NULL: made up for its children */
  gboolean has_children;    /* a mailbox below */
  gboolean child_subscribed;
  gboolean child_special;
} Node;

typedef struct
{
  ImapListArgs args;
  gboolean lsub;
  GHashTable *by_name;
  GPtrArray *nodes;
} List;

static void
clear (ImapCmd *cmd)
{
  List *list = cmd->data;

  g_clear_pointer (&list->by_name, g_hash_table_unref);
  g_clear_pointer (&list->nodes, g_ptr_array_unref);
}

static gboolean
is_mailbox (const Node *node)
{
  return node->row && node->row->mailbox != 0;
}

static gboolean
is_subscribed (const Node *node)
{
  return node->row && node->row->subscribed;
}

static gboolean
is_special (const Node *node)
{
  return node->row && imap_role_attribute (node->row->role);
}

static Node *
node_of (ImapCmd *cmd, List *list, const char *name)
{
  Node *node = g_hash_table_lookup (list->by_name, name);

  if (node)
    return node;
  node = pli_arena_new0 (cmd->arena, Node);
  node->name = name;
  g_hash_table_insert (list->by_name, (gpointer) name, node);
  g_ptr_array_add (list->nodes, node);
  return node;
}

static void
add (ImapCmd *cmd, List *list, const PliMailboxRow *row)
{
  Node *node = node_of (cmd, list, row->name);

  node->row = row;
  for (const char *slash = strchr (row->name, '/'); slash; slash = strchr (slash + 1, '/'))
    {
      Node *parent =
          node_of (cmd, list, pli_arena_text (cmd->arena, pli_span (row->name, (gsize) (slash - row->name))));

      parent->has_children |= row->mailbox != 0;
      parent->child_subscribed |= row->subscribed;
      parent->child_special |= is_special (node);
    }
}

/* INBOX first, then by name with what is below a name behind it. */
static int
compare (gconstpointer a, gconstpointer b)
{
  const char *left = (*(Node *const *) a)->name, *right = (*(Node *const *) b)->name;
  int left_inbox = strcmp (left, "INBOX") == 0, right_inbox = strcmp (right, "INBOX") == 0;

  if (left_inbox != right_inbox)
    return right_inbox - left_inbox;
  for (; *left && *left == *right; left++, right++)
    ;
  if (*left == *right || !*left || !*right)
    return (*left != '\0') - (*right != '\0');
  if (*left == '/' || *right == '/')
    return *left == '/' ? -1 : 1;
  return (guchar) *left - (guchar) *right;
}

/* RFC 3501 6.3.9: with `%`, a name that is not subscribed stands for those below it that are. */
static gboolean
matches (const List *list, PliSpan wire, gboolean only_percent)
{
  for (guint i = 0; i < list->args.n_patterns; i++)
    {
      PliSpan pattern = list->args.patterns[i];

      if ((!only_percent || pli_span_find (pattern, '%') >= 0) && imap_list_matches (pattern, wire))
        return TRUE;
    }
  return FALSE;
}

/* Is @node in the selection? *out_for_children: only for the sake of those below it. */
static gboolean
is_selected (const List *list, const Node *node, gboolean *out_for_children)
{
  const ImapListArgs *args = &list->args;
  gboolean itself = TRUE, below = TRUE;

  *out_for_children = FALSE;
  if (!list->lsub && !args->subscribed && !args->special_use)
    return is_mailbox (node) || node->has_children;
  if (list->lsub || args->subscribed)
    {
      itself = is_subscribed (node);
      below = node->child_subscribed;
    }
  if (args->special_use)
    {
      itself = itself && is_special (node);
      below = below && node->child_special;
    }
  *out_for_children = !itself;
  return itself || (below && (list->lsub || args->recursive));
}

static void
write_node (ImapCmd *cmd, const List *list, const Node *node, gboolean for_children)
{
  PliBuffer *out = pli_session_output (cmd->session);
  const char *role = node->row ? imap_role_attribute (node->row->role) : NULL;
  gsize start;

  pli_buffer_add_text (out, list->lsub ? "* LSUB (" : "* LIST (");
  start = out->len;
  if (list->lsub)
    {
      if (for_children || !is_mailbox (node))
        pli_buffer_add_text (out, "\\Noselect ");
    }
  else
    {
      if (!is_mailbox (node))
        pli_buffer_add_text (out, list->args.subscribed ? "\\NonExistent " : "\\Noselect ");
      pli_buffer_add_text (out, node->has_children ? "\\HasChildren " : "\\HasNoChildren ");
      if (list->args.return_subscribed && is_subscribed (node))
        pli_buffer_add_text (out, "\\Subscribed ");
      if (role)
        pli_buffer_printf (out, "%s ", role);
    }
  if (out->len > start)
    out->len--;
  pli_buffer_add_text (out, ") \"/\" ");
  imap_write_mailbox (out, node->name);
  if (list->args.recursive && list->args.subscribed && node->child_subscribed)
    pli_buffer_add_text (out, " (\"CHILDINFO\" (\"SUBSCRIBED\"))");
  pli_buffer_add_text (out, "\r\n");
  if (list->args.status && is_mailbox (node) && !for_children)
    imap_write_status (cmd->imap, node->row, list->args.status);
}

static void
found (gpointer user, const void *result, const GError *error)
{
  ImapCmd *cmd = user;
  List *list = cmd->data;
  const PliMailboxesResult *mailboxes = result;
  g_auto (PliBuffer) wire = { 0 };

  if (error)
    {
      imap_fail (cmd, error);
      return;
    }
  list->by_name = g_hash_table_new (g_str_hash, g_str_equal);
  list->nodes = g_ptr_array_sized_new (mailboxes->n_rows);
  for (guint32 i = 0; i < mailboxes->n_rows; i++)
    add (cmd, list, &mailboxes->rows[i]);
  g_ptr_array_sort (list->nodes, compare);
  for (guint i = 0; i < list->nodes->len; i++)
    {
      const Node *node = g_ptr_array_index (list->nodes, i);
      gboolean for_children;

      wire.len = 0;
      if (is_selected (list, node, &for_children) && pli_utf7_from_utf8 (pli_span_from (node->name), &wire)
          && matches (list, pli_buffer_span (&wire), list->lsub && for_children))
        write_node (cmd, list, node, for_children);
    }
  imap_done (cmd);
}

static void
start (ImapCmd *cmd, gboolean lsub)
{
  List *list = pli_arena_new0 (cmd->arena, List);

  list->lsub = lsub;
  if (!imap_lex_list (&cmd->lex, lsub, &list->args))
    {
      imap_bad (cmd, "Reference and pattern expected");
      return;
    }
  if (list->args.is_root)
    {
      pli_session_printf (cmd->session, "* %s (\\Noselect) \"/\" \"\"\r\n", cmd->name);
      imap_done (cmd);
      return;
    }
  cmd->data = list;
  cmd->clear = clear;
  pli_store_mailboxes (cmd->session, &(PliMailboxesArgs){ .counts = list->args.status != 0 }, found, cmd);
}

void
imap_list (ImapCmd *cmd)
{
  start (cmd, FALSE);
}

void
imap_lsub (ImapCmd *cmd)
{
  start (cmd, TRUE);
}
