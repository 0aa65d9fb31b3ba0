/* list.c: pages of domains, accounts and aliases, in order of name, from the database. All targets of one alias are on
 * the page of the first, since the next page begins behind a name. */
#include "auth-local.h"

#define ROWS_MAX 10000

typedef struct
{
  PliTicket ticket;
  PliArena *arena;
  const PliDirectoryListArgs *args;
  char *domain; /* lower case, or NULL */
  PliDirectoryListResult *result;
  GArray *rows; /* PliDirectoryRow */
  GError *error;
} Listing;

/* name, account, target, display, disabled; ?1 domain or NULL, ?2 after */
static const char *const queries[] = {
  [PLI_LIST_DOMAINS] = "SELECT name, NULL, NULL, NULL, 0 FROM domain"
                       " WHERE (?1 IS NULL OR name = ?1) AND name > ?2 ORDER BY name",
  [PLI_LIST_ACCOUNTS] = "SELECT address, id, NULL, display, disabled FROM account"
                        " WHERE (?1 IS NULL OR domain = ?1) AND address > ?2 ORDER BY address",
  [PLI_LIST_ALIASES] = "SELECT address, NULL, target, NULL, 0 FROM alias"
                       " WHERE (?1 IS NULL OR domain = ?1) AND address > ?2 ORDER BY address, rowid"
};

static const char *
column (Listing *listing, sqlite3_stmt *statement, int at)
{
  return pli_arena_strdup (listing->arena, (const char *) sqlite3_column_text (statement, at));
}

static void
add_row (Listing *listing, sqlite3_stmt *statement)
{
  PliDirectoryRow row = { .name = column (listing, statement, 0),
                          .account = column (listing, statement, 1),
                          .target = column (listing, statement, 2),
                          .display = column (listing, statement, 3),
                          .disabled = sqlite3_column_int (statement, 4) != 0 };

  g_array_append_val (listing->rows, row);
}

/* Whether the page is full and this row begins another name. */
static gboolean
is_behind (const Listing *listing, sqlite3_stmt *statement, guint max)
{
  const PliDirectoryRow *last;

  if (listing->rows->len < max)
    return FALSE;
  last = &g_array_index (listing->rows, PliDirectoryRow, listing->rows->len - 1);
  return g_strcmp0 (last->name, (const char *) sqlite3_column_text (statement, 0)) != 0;
}

/* In the offload pool, alone with the database; the op's arena is the provider's while it waits. */
static void
read_rows (Local *local, gpointer user)
{
  Listing *listing = user;
  const char *const texts[] = { listing->domain, listing->args->after ? listing->args->after : "" };
  sqlite3_stmt *statement = local_db_prepare (local->db, queries[listing->args->what], texts, 2, &listing->error);
  guint max = listing->args->max == 0 ? 500 : MIN (listing->args->max, ROWS_MAX);
  int step;

  if (!statement)
    return;
  while ((step = sqlite3_step (statement)) == SQLITE_ROW)
    {
      if (is_behind (listing, statement, max))
        {
          listing->result->more = TRUE;
          break;
        }
      add_row (listing, statement);
    }
  if (step != SQLITE_ROW && step != SQLITE_DONE)
    listing->error = local_db_error (local->db);
  sqlite3_finalize (statement);
  listing->result->n_rows = listing->rows->len;
  listing->result->rows = pli_arena_array (listing->arena, PliDirectoryRow, MAX (listing->rows->len, 1));
  if (listing->rows->len > 0)
    memcpy ((gpointer) listing->result->rows, listing->rows->data, listing->rows->len * sizeof (PliDirectoryRow));
}

static void
rows_read (Local *local, gpointer user)
{
  Listing *listing = user;

  (void) local;
  g_array_unref (listing->rows);
  if (listing->error)
    pli_op_fail (listing->ticket, listing->error);
  else
    pli_op_done (listing->ticket);
}

PliStep
local_list (PliOp *op, gpointer self, const PliDirectoryListArgs *args, PliDirectoryListResult *result)
{
  Local *local = self;
  Listing *listing;

  if (args->what >= G_N_ELEMENTS (queries))
    return pli_op_error (op, PLI_ERROR_PERMANENT, "auth-local has no such list");
  listing = pli_arena_new0 (pli_op_arena (op), Listing);
  listing->arena = pli_op_arena (op);
  listing->args = args;
  listing->result = result;
  listing->domain = pli_arena_strdup (listing->arena, args->domain);
  if (listing->domain)
    pli_ascii_lower (listing->domain);
  listing->rows = g_array_new (FALSE, FALSE, sizeof (PliDirectoryRow));
  listing->ticket = pli_op_wait (op);
  local_jobs_add (local, read_rows, rows_read, listing);
  return PLI_WAIT;
}
