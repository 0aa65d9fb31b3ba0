/* power-names.c: libc's calls that remove, rename and make names, with a note of each change; see power.c. What goes is
 * put aside in its folder, so that it can come back. */
#include "power.h"

#define EXCHANGE (1 << 1) /* RENAME_EXCHANGE */

static void
name_gone (char *out)
{
  snprintf (out, NAME_MAX, GONE "%llu", (unsigned long long) power_count ());
}

static int
in_folder (const char *path, const char *name, const char *other, char *out)
{
  return snprintf (out, PATH_MAX, "%.*s%s", (int) (name - path), path, other) < PATH_MAX;
}

static int
remove_noted (int folder, const char *given, int flags)
{
  char path[PATH_MAX], gone[NAME_MAX], aside[PATH_MAX];
  const char *name;
  uint64_t parent;
  struct stat st;

  if (power_is_on ())
    whole (folder, given, path);
  if (!power_is_on () || !is_below (path))
    return (int) sys (SYS_unlinkat, folder, given, flags);
  if (flags & AT_REMOVEDIR)
    abort (); /* nobody does; noting it would need its own kind */
  power_begin ();
  if (stat (path, &st) < 0)
    return (int) power_end (-1);
  parent = split (path, &name);
  name_gone (gone);
  in_folder (path, name, gone, aside);
  note_names (NOTE_REMOVE, parent, st.st_ino, name, gone, NULL);
  return (int) power_end (sys (SYS_renameat2, AT_FDCWD, path, AT_FDCWD, aside, 0));
}

PUBLIC int
unlink (const char *path)
{
  return remove_noted (AT_FDCWD, path, 0);
}

PUBLIC int
unlinkat (int folder, const char *path, int flags)
{
  return remove_noted (folder, path, flags);
}

PUBLIC int
remove (const char *path)
{
  return remove_noted (AT_FDCWD, path, 0);
}

static int
rename_noted (int from_folder, const char *from_given, int to_folder, const char *to_given)
{
  char from[PATH_MAX], to[PATH_MAX], gone[NAME_MAX] = "", aside[PATH_MAX];
  const char *from_name, *to_name;
  uint64_t parent;
  struct stat st;
  long result;

  if (power_is_on ())
    {
      whole (from_folder, from_given, from);
      whole (to_folder, to_given, to);
    }
  if (!power_is_on () || (!is_below (from) && !is_below (to)))
    return (int) sys (SYS_renameat2, from_folder, from_given, to_folder, to_given, 0);
  power_begin ();
  parent = split (from, &from_name);
  if (parent != split (to, &to_name))
    abort (); /* between folders: nobody does */
  if (stat (from, &st) < 0)
    return (int) power_end (-1);
  if (access (to, F_OK) == 0)
    name_gone (gone);
  note_names (NOTE_RENAME, parent, st.st_ino, from_name, to_name, gone);
  if (!*gone)
    return (int) power_end (sys (SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
  /* Nobody may find the name missing. */
  result = sys (SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, EXCHANGE);
  in_folder (from, from_name, gone, aside);
  if (result == 0)
    result = sys (SYS_renameat2, AT_FDCWD, from, AT_FDCWD, aside, 0);
  return (int) power_end (result);
}

PUBLIC int
rename (const char *from, const char *to)
{
  return rename_noted (AT_FDCWD, from, AT_FDCWD, to);
}

PUBLIC int
renameat (int from_folder, const char *from, int to_folder, const char *to)
{
  return rename_noted (from_folder, from, to_folder, to);
}

static int
mkdir_noted (int folder, const char *given, mode_t mode)
{
  char path[PATH_MAX];
  const char *name;
  uint64_t parent;
  struct stat st;
  int result;

  if (power_is_on ())
    whole (folder, given, path);
  if (!power_is_on () || !is_below (path))
    return (int) sys (SYS_mkdirat, folder, given, mode);
  power_begin ();
  parent = split (path, &name);
  result = (int) sys (SYS_mkdirat, AT_FDCWD, path, mode);
  if (result == 0 && stat (path, &st) == 0)
    note_names (NOTE_MKDIR, parent, st.st_ino, name, NULL, NULL);
  return (int) power_end (result);
}

PUBLIC int
mkdir (const char *path, mode_t mode)
{
  return mkdir_noted (AT_FDCWD, path, mode);
}

PUBLIC int
mkdirat (int folder, const char *path, mode_t mode)
{
  return mkdir_noted (folder, path, mode);
}
