/* resolve.c: what stands behind an address: in this order the address itself, user without +detail, the postmaster that
 * each domain must have (RFC 5321 4.5.1), and the domain's catch-all. Aliases are followed along a path that may neither
 * meet itself nor get too long; each address counts once. Answers at once from memory, without a look at the disk. */
#include "auth-local.h"

/* Twice a local part, all of it quoted, and a domain. */
#define ADDRESS_MAX (2 * PLI_LOCAL_MAX + PLI_DOMAIN_MAX + 4)

typedef struct
{
  Local *local;
  const LocalSettings *set;
  PliArena *arena;
  guint64 number;
  PliTarget *targets;
  guint n, size;
} Walk;

static PliRcptKind resolve_text (Walk *walk, const char *address, const char *detail, guint depth);

static PliRcptKind
add_target (Walk *walk, const LocalEntry *entry, const char *address, const char *detail)
{
  const LocalAccount *account = entry ? entry->account : NULL;

  if (walk->n >= walk->set->targets_max)
    return PLI_RCPT_LOOP;
  if (walk->n == walk->size)
    {
      PliTarget *old = walk->targets;

      walk->size = MAX (walk->size * 2, 2);
      walk->targets = pli_arena_array (walk->arena, PliTarget, walk->size);
      if (old)
        memcpy (walk->targets, old, walk->n * sizeof *old);
    }
  walk->targets[walk->n++] =
      (PliTarget){ .account = account ? pli_arena_strdup (walk->arena, account->id) : NULL,
                   .address = pli_arena_strdup (walk->arena, address),
                   .detail = account ? pli_arena_strdup (walk->arena, detail) : NULL,
                   .store = account ? pli_arena_strdup (walk->arena, local_store_of (walk->local, address)) : NULL };
  return PLI_RCPT_LOCAL;
}

/* A loop spoils the whole; one good target is enough otherwise. */
static PliRcptKind
combine (PliRcptKind a, PliRcptKind b)
{
  if (a == PLI_RCPT_LOOP || b == PLI_RCPT_LOOP)
    return PLI_RCPT_LOOP;
  return MAX (a, b);
}

static PliRcptKind
resolve_entry (Walk *walk, LocalEntry *entry, const char *detail, guint depth)
{
  PliRcptKind kind = PLI_RCPT_UNKNOWN;

  if (entry->on_path || depth > walk->set->alias_depth)
    return PLI_RCPT_LOOP;
  if (entry->seen == walk->number)
    return PLI_RCPT_LOCAL; /* counted already, by another way */
  entry->seen = walk->number;
  if (entry->account)
    return entry->account->disabled ? PLI_RCPT_DISABLED : add_target (walk, entry, entry->address, detail);
  if (!entry->targets)
    return resolve_text (walk, entry->address, detail, depth);
  entry->on_path = TRUE;
  for (guint i = 0; i < entry->targets->len && kind != PLI_RCPT_LOOP; i++)
    kind = combine (kind, resolve_entry (walk, entry->targets->pdata[i], detail, depth + 1));
  entry->on_path = FALSE;
  return kind;
}

/* An entry that stands for something; one that is only named by aliases does not. */
static LocalEntry *
find (Walk *walk, const char *address)
{
  LocalEntry *entry = local_tree_find (walk->local->tree, address);

  return entry && (entry->account || entry->targets) ? entry : NULL;
}

/* NULL when there is no detail. @out_user: user@domain. */
static const char *
split_detail (Walk *walk, const char *address, const char *at, char out_user[ADDRESS_MAX + 1])
{
  char separator = walk->set->detail_separator ? walk->set->detail_separator[0] : 0;
  PliSpan user, detail;

  if (!separator || address[0] == '"'
      || !pli_address_split_detail (pli_span (address, (gsize) (at - address)), separator, &user, &detail))
    return NULL;
  memcpy (out_user, user.data, user.len);
  strcpy (out_user + user.len, at);
  return pli_arena_text (walk->arena, detail);
}

/* Who gets the postmaster mail of @domain, which has no postmaster of its own. */
static const char *
postmaster_of (Walk *walk, const char *domain)
{
  const char *other = local_default_domain (walk->local);

  if (walk->set->postmaster)
    return walk->set->postmaster;
  return other && g_strcmp0 (other, domain) != 0 ? pli_arena_printf (walk->arena, "postmaster@%s", other) : NULL;
}

/* Goes on from @from to where a setting points, which may be written in any case. */
static PliRcptKind
follow (Walk *walk, const char *from, const char *setting, guint depth)
{
  char *address = pli_arena_strdup (walk->arena, setting);

  if (strlen (address) > ADDRESS_MAX || g_ascii_strcasecmp (from, setting) == 0)
    return PLI_RCPT_UNKNOWN;
  pli_ascii_lower (address);
  return resolve_text (walk, address, NULL, depth);
}

static PliRcptKind
resolve_text (Walk *walk, const char *address, const char *detail, guint depth)
{
  LocalEntry *entry = find (walk, address);
  const char *at = strrchr (address, '@'), *domain = at ? at + 1 : NULL, *own_detail, *other;
  char user[ADDRESS_MAX + 1];
  gboolean postmaster;

  if (depth > walk->set->alias_depth)
    return PLI_RCPT_LOOP;
  if (entry)
    return resolve_entry (walk, entry, detail, depth);
  if (domain && !g_hash_table_contains (walk->local->tree->domains, domain))
    return depth == 0 ? PLI_RCPT_FOREIGN : add_target (walk, NULL, address, NULL);
  own_detail = domain ? split_detail (walk, address, at, user) : NULL;
  if (own_detail && (entry = find (walk, user)))
    return resolve_entry (walk, entry, own_detail, depth);
  if (!own_detail)
    strcpy (user, address);
  postmaster = domain ? strncmp (user, "postmaster@", 11) == 0 : g_str_equal (user, "postmaster");
  if (postmaster && (other = postmaster_of (walk, domain)))
    return follow (walk, user, other, depth + 1);
  other = domain ? pli_plugin_text (walk->local->plugin, "domain", domain, "catch-all") : NULL;
  return other && *other ? follow (walk, user, other, depth + 1) : PLI_RCPT_UNKNOWN;
}

PliStep
local_resolve (PliOp *op, gpointer self, const PliResolveArgs *args, PliResolveResult *result)
{
  Local *local = self;
  Walk walk = { .local = local, .set = local_settings (local), .arena = pli_op_arena (op), .number = ++local->walks };
  char address[ADDRESS_MAX + 1];

  result->kind = PLI_RCPT_UNKNOWN;
  if (!args->address || g_strlcpy (address, args->address, sizeof address) >= sizeof address)
    return PLI_DONE;
  pli_ascii_lower (address);
  result->kind = resolve_text (&walk, address, NULL, 0);
  if (result->kind == PLI_RCPT_LOCAL)
    {
      result->targets = walk.targets;
      result->n_targets = walk.n;
    }
  return PLI_DONE;
}
