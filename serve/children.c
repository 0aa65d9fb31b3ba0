/* children.c: the list of rooms: finding, adding and removing them. What becomes of them is in supervisor.c and reload.c. */
#include "serve/supervisor-private.h"

#include <pli/log.h>

char *
supervisor_child_name (const Child *child)
{
  return g_strdup_printf ("%s/%u", pli_room_name (child->kind), child->index);
}

Child *
supervisor_find (Supervisor *s, PliRoomKind kind, guint index)
{
  for (guint i = 0; i < s->children->len; i++)
    {
      Child *child = s->children->pdata[i];

      if (child->kind == kind && child->index == index)
        return child;
    }
  return NULL;
}

Child *
supervisor_add (Supervisor *s, PliRoomKind kind, guint index)
{
  Child *child = g_new0 (Child, 1);

  child->supervisor = s;
  child->kind = kind;
  child->index = index;
  g_ptr_array_add (s->children, child);
  return child;
}

guint
supervisor_free_index (Supervisor *s, PliRoomKind kind)
{
  guint index = 0;

  while (index < PLI_ROOMS_MAX && supervisor_find (s, kind, index))
    index++;
  return index;
}

static gboolean
has_host (Supervisor *s, const char *name)
{
  for (guint i = 0; i < s->children->len; i++)
    {
      const Child *child = s->children->pdata[i];

      if (!child->retiring && g_strcmp0 (child->plugin, name) == 0)
        return TRUE;
    }
  return FALSE;
}

void
supervisor_add_hosts (Supervisor *s)
{
  GHashTableIter iter;
  gpointer name;

  g_hash_table_iter_init (&iter, s->plugins);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    {
      guint index = supervisor_free_index (s, PLI_ROOM_HOST);

      if (!snapshot_hosts (s, name) || has_host (s, name))
        continue;
      if (index < PLI_ROOMS_MAX)
        supervisor_add (s, PLI_ROOM_HOST, index)->plugin = g_strdup (name);
      else
        pli_log (PLI_LOG_ERROR, "host.too-many", "plugin", name, NULL);
    }
}

void
supervisor_remove (Child *child)
{
  g_ptr_array_remove (child->supervisor->children, child);
}
