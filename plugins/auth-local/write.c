/* write.c: one change of the directory in one transaction: what it needs is looked up inside the transaction, so that
 * changes under way at the same time cannot contradict each other. In the offload pool. */
#include "auth-local.h"

static gboolean
refuse (GError **error, PliErrorCode code, const char *format, const char *name, const char *remedy)
{
  g_set_error (error, PLI_ERROR, (gint) code, format, name, remedy);
  return FALSE;
}

/* -1: error. */
static gint64
count (sqlite3 *db, const char *sql, const char *name, GError **error)
{
  return local_db_number (db, sql, &name, 1, error);
}

#define COUNT_DOMAIN "SELECT count (*) FROM domain WHERE name = ?1"
#define COUNT_ACCOUNT "SELECT count (*) FROM account WHERE address = ?1"
#define COUNT_ALIAS "SELECT count (*) FROM alias WHERE address = ?1"

/* @n: result of count(); TRUE when it is 0. */
static gboolean
need_none (gint64 n, const char *format, const char *name, GError **error)
{
  return n == 0 || (n > 0 && refuse (error, PLI_ERROR_EXISTS, format, name, NULL));
}

static gboolean
need_domain (sqlite3 *db, const LocalChange *change, GError **error)
{
  gint64 n = count (db, COUNT_DOMAIN, change->domain, error);

  return n > 0
         || (n == 0
             && refuse (error, PLI_ERROR_NOT_FOUND, "the domain %s is not ours; `pli domain add %s` adds it",
                        change->domain, change->domain));
}

/* An UPDATE or DELETE of one account. */
static gboolean
change_account (sqlite3 *db, const LocalChange *change, const char *sql, GError **error)
{
  const char *const texts[] = { change->name, change->hash, change->scram };
  guint changed = 0;

  return local_db_run (db, sql, texts, change->hash ? 3 : 1, &changed, error)
         && (changed > 0
             || refuse (error, PLI_ERROR_NOT_FOUND, "there is no account %s; `pli account list` shows them",
                        change->name, NULL));
}

static gboolean
add_domain (sqlite3 *db, const LocalChange *change, GError **error)
{
  g_autofree char *now = g_strdup_printf ("%" G_GINT64_FORMAT, change->now_us);
  const char *const texts[] = { change->name, now };

  return need_none (count (db, COUNT_DOMAIN, change->name, error), "the domain %s is there already", change->name,
                    error)
         && local_db_run (db, "INSERT INTO domain (name, created_us) VALUES (?1, CAST (?2 AS INTEGER))", texts, 2, NULL,
                          error);
}

static gboolean
remove_domain (sqlite3 *db, const LocalChange *change, GError **error)
{
  gint64 users = count (db, "SELECT count (*) FROM account WHERE domain = ?1", change->name, error);
  gint64 aliases = users < 0 ? -1 : count (db, "SELECT count (*) FROM alias WHERE domain = ?1", change->name, error);
  guint changed = 0;

  if (aliases < 0)
    return FALSE;
  if (users + aliases > 0)
    {
      g_set_error (error, PLI_ERROR, PLI_ERROR_PERMANENT,
                   "the domain %s has %d accounts and %d aliases; remove them first", change->name, (int) users,
                   (int) aliases);
      return FALSE;
    }
  return local_db_run (db, "DELETE FROM domain WHERE name = ?1", &change->name, 1, &changed, error)
         && (changed > 0
             || refuse (error, PLI_ERROR_NOT_FOUND, "there is no domain %s; `pli domain list` shows them", change->name,
                        NULL));
}

static gboolean
add_account (sqlite3 *db, const LocalChange *change, GError **error)
{
  g_autofree char *now = g_strdup_printf ("%" G_GINT64_FORMAT, change->now_us);
  const char *const texts[] = { change->id,    change->name, change->domain, change->display, change->hash,
                                change->scram, now };

  return need_domain (db, change, error)
         && need_none (count (db, COUNT_ACCOUNT, change->name, error), "the account %s is there already", change->name,
                       error)
         && need_none (count (db, COUNT_ALIAS, change->name, error), "%s is an alias; remove that first", change->name,
                       error)
         && local_db_run (db,
                          "INSERT INTO account (id, address, domain, display, hash, scram, created_us)"
                          " VALUES (?1, ?2, ?3, ?4, ?5, ?6, CAST (?7 AS INTEGER))",
                          texts, 7, NULL, error);
}

static gboolean
set_password (sqlite3 *db, const LocalChange *change, GError **error)
{
  return change_account (db, change, "UPDATE account SET hash = ?2, scram = ?3 WHERE address = ?1", error);
}

static gboolean
disable_account (sqlite3 *db, const LocalChange *change, GError **error)
{
  return change_account (db, change, "UPDATE account SET disabled = 1 WHERE address = ?1", error);
}

static gboolean
enable_account (sqlite3 *db, const LocalChange *change, GError **error)
{
  return change_account (db, change, "UPDATE account SET disabled = 0 WHERE address = ?1", error);
}

static gboolean
remove_account (sqlite3 *db, const LocalChange *change, GError **error)
{
  return change_account (db, change, "DELETE FROM account WHERE address = ?1", error);
}

static gboolean
add_alias (sqlite3 *db, const LocalChange *change, GError **error)
{
  g_autofree char *now = g_strdup_printf ("%" G_GINT64_FORMAT, change->now_us);
  const char *const texts[] = { change->name, change->target, change->domain, now };
  gint64 same =
      need_domain (db, change, error)
          ? local_db_number (db, "SELECT count (*) FROM alias WHERE address = ?1 AND target = ?2", texts, 2, error)
          : -1;

  return need_none (same, "the alias %s has this target already", change->name, error)
         && need_none (count (db, COUNT_ACCOUNT, change->name, error), "%s is an account, so it cannot be an alias",
                       change->name, error)
         && local_db_run (db,
                          "INSERT INTO alias (address, target, domain, created_us)"
                          " VALUES (?1, ?2, ?3, CAST (?4 AS INTEGER))",
                          texts, 4, NULL, error);
}

static gboolean
remove_alias (sqlite3 *db, const LocalChange *change, GError **error)
{
  const char *const texts[] = { change->name, change->target };
  guint changed = 0;

  return local_db_run (db, "DELETE FROM alias WHERE address = ?1 AND (?2 IS NULL OR target = ?2)", texts, 2, &changed,
                       error)
         && (changed > 0
             || refuse (error, PLI_ERROR_NOT_FOUND,
                        "there is no alias %s with this target; `pli alias list` shows them", change->name, NULL));
}

static gboolean (*const verbs[]) (sqlite3 *db, const LocalChange *change, GError **error) = {
  [PLI_DOMAIN_ADD] = add_domain,           [PLI_DOMAIN_REMOVE] = remove_domain,
  [PLI_ACCOUNT_ADD] = add_account,         [PLI_ACCOUNT_PASSWORD] = set_password,
  [PLI_ACCOUNT_DISABLE] = disable_account, [PLI_ACCOUNT_ENABLE] = enable_account,
  [PLI_ACCOUNT_REMOVE] = remove_account,   [PLI_ALIAS_ADD] = add_alias,
  [PLI_ALIAS_REMOVE] = remove_alias
};

gboolean
local_write (sqlite3 *db, const LocalChange *change, GError **error)
{
  g_assert (change->verb < G_N_ELEMENTS (verbs));
  if (!local_db_run (db, "BEGIN IMMEDIATE", NULL, 0, NULL, error))
    return FALSE;
  if (verbs[change->verb](db, change, error) && local_db_run (db, "COMMIT", NULL, 0, NULL, error))
    return TRUE;
  /* A failed COMMIT may have rolled back by itself; then this fails, and that is well. */
  sqlite3_exec (db, "ROLLBACK", NULL, NULL, NULL);
  return FALSE;
}
