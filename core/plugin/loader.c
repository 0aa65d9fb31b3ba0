/* loader.c: from a file to a checked descriptor. Looks at nothing but magic, ABI and sizes until these are right.
 *
 * libltdl opens by absolute path, local, resident: a plugin is never closed, since its code may be on some stack. Where
 * libltdl fails, dlopen() is asked for the real reason, which libltdl forgets. Loop thread, before the room is sealed. */
#include "plugin/loader.h"

#include <dlfcn.h>
#include <ltdl.h>
#include <stddef.h>

static gboolean
refuse (GError **error, const char *path, const char *why)
{
  g_set_error (error, PLI_ERROR, PLI_ERROR_CONFIG, "plugin %s: %s", path, why);
  return FALSE;
}

static const PliPluginInfo *
open_file (const char *path, GError **error)
{
  lt_dladvise advise;
  lt_dlhandle handle = NULL;
  const PliPluginInfo *info;

  if (lt_dlinit () != 0)
    {
      refuse (error, path, lt_dlerror ());
      return NULL;
    }
  if (lt_dladvise_init (&advise) == 0 && lt_dladvise_local (&advise) == 0 && lt_dladvise_resident (&advise) == 0)
    handle = lt_dlopenadvise (path, advise);
  lt_dladvise_destroy (&advise);
  if (!handle)
    {
      void *again = dlopen (path, RTLD_NOW | RTLD_LOCAL);

      refuse (error, path, again ? "libltdl cannot open it" : dlerror ());
      return NULL;
    }
  info = lt_dlsym (handle, "pli_plugin");
  if (!info)
    refuse (error, path, "has no symbol <id>_LTX_pli_plugin; is the id in PLI_PLUGIN the file's name?");
  return info;
}

static gboolean
check (const PliPluginInfo *info, const char *path, GError **error)
{
  if (info->magic != PLI_PLUGIN_MAGIC)
    return refuse (error, path, "is no Pli plugin");
  if (info->abi_major != PLI_ABI_MAJOR || info->abi_minor > PLI_ABI_MINOR)
    {
      g_set_error (error, PLI_ERROR, PLI_ERROR_CONFIG, "plugin %s was built for plugin ABI %u.%u, this is %u.%u: %s",
                   path, info->abi_major, info->abi_minor, PLI_ABI_MAJOR, PLI_ABI_MINOR,
                   info->abi_major == PLI_ABI_MAJOR ? "update Pli" : "rebuild the plugin");
      return FALSE;
    }
  if (info->size < offsetof (PliPluginInfo, load) || info->setting_stride < offsetof (PliSetting, doc)
      || info->service_stride < sizeof (PliService))
    return refuse (error, path, "has a descriptor of a wrong size");
  return TRUE;
}

const PliPluginInfo *
pli_loader_open (const char *path, GError **error)
{
  const PliPluginInfo *info;

  if (!g_path_is_absolute (path))
    {
      refuse (error, path, "is not an absolute path");
      return NULL;
    }
  info = open_file (path, error);
  return info && check (info, path, error) ? info : NULL;
}

gboolean
pli_loader_check (const PliPluginInfo *info, GError **error)
{
  return check (info, "(linked in)", error);
}
