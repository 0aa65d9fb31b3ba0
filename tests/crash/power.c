/* power.c: a disk that forgets, preloaded under the program (LD_PRELOAD): every change of a file or folder below
 * $PLI_POWER_DATA is done at once, and noted in the journal $PLI_POWER_JOURNAL with what was there before, until a sync
 * covers it. undo.py takes back a random part of what no sync covered.
 *
 * The model is strict: fsync() and fdatasync() of a file cover its writes and size that were done before the call, and
 * nothing of its name; fsync() of a folder covers the names made, changed and removed in it; syncfs() covers all;
 * sync_file_range() covers nothing. Real syncs are not made, but each takes $PLI_POWER_SYNC_US µs at most.
 *
 * The journal is a shared mapping of all processes, made before the rooms raise their walls. One lock (robust: its owner
 * may be killed) orders all operations. When `count` reaches `cut_at` the power is out: from then on no operation
 * happens, its caller waits for ever, and the test kills all at leisure. What is removed or replaced by a rename is put
 * aside in the same folder, under a name that begins with GONE. Writes by stdio of libc itself are not seen. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define GONE ".gone-"
#define EXCHANGE (1 << 1) /* RENAME_EXCHANGE */
#define PUBLIC __attribute__ ((visibility ("default")))

/* Kinds and layout are known to undo.py too. */
enum
{
  NOTE_WRITE = 1, /* inode, offset, bytes, old_size; data: what was there */
  NOTE_SIZE,      /* inode, offset: new size, old_size; data: what was cut off */
  NOTE_CREATE,    /* folder, inode; name */
  NOTE_MKDIR,     /* folder, inode; name */
  NOTE_REMOVE,    /* folder, inode; name, name it is kept under */
  NOTE_RENAME,    /* folder, inode; old name, new name, name that the replaced one is kept under or "" */
};

typedef struct
{
  uint32_t total, kind;
  uint64_t covered; /* by a sync */
  uint64_t folder, inode, offset, bytes, old_size, data_bytes;
  /* data_bytes bytes, or names, each ended by NUL; padded to 8 */
} Note;

typedef struct
{
  uint64_t magic, size, tail, count, cut_at, cut, syncs, full;
  uint64_t first; /* offset of the first note that no sync covers */
  pthread_mutex_t lock;
} Head;

#define MAGIC 0x31524557u
#define HEAD_BYTES 4096

static Head *head;
static char data[PATH_MAX];
static size_t data_len;
static long sync_us_max;

/* Calls of the kernel, past our own names. */
#define sys(...) syscall (__VA_ARGS__)

__attribute__ ((constructor)) static void
power_on (void)
{
  const char *path = getenv ("PLI_POWER_JOURNAL"), *folder = getenv ("PLI_POWER_DATA"),
             *us = getenv ("PLI_POWER_SYNC_US");
  struct stat st;
  pthread_mutexattr_t attr;
  int fd;

  if (!path || !folder || strlen (folder) >= sizeof data)
    return;
  fd = (int) sys (SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0);
  if (fd < 0 || fstat (fd, &st) < 0)
    abort ();
  head = mmap (NULL, (size_t) st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  sys (SYS_close, fd);
  if (head == MAP_FAILED)
    abort ();
  strcpy (data, folder);
  data_len = strlen (data);
  sync_us_max = us ? atol (us) : 0;
  if (head->magic == MAGIC)
    return;
  /* The supervisor comes first, and alone. */
  pthread_mutexattr_init (&attr);
  pthread_mutexattr_setpshared (&attr, PTHREAD_PROCESS_SHARED);
  pthread_mutexattr_setrobust (&attr, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_init (&head->lock, &attr);
  head->size = (uint64_t) st.st_size;
  head->tail = head->first = HEAD_BYTES;
  head->magic = MAGIC;
}

static void
dark (void)
{
  struct timespec long_time = { 3600, 0 };

  for (;;)
    sys (SYS_nanosleep, &long_time, NULL);
}

/* Takes the lock and counts one operation, unless the power is out. */
static void
begin (void)
{
  if (pthread_mutex_lock (&head->lock) == EOWNERDEAD)
    pthread_mutex_consistent (&head->lock);
  head->count++;
  if (head->cut_at && head->count >= head->cut_at)
    head->cut = 1;
  if (!head->cut)
    return;
  pthread_mutex_unlock (&head->lock);
  dark ();
}

/* With the result of a call, whose errno stays. */
static long
end (long result)
{
  int code = errno;

  pthread_mutex_unlock (&head->lock);
  errno = code;
  return result;
}

/* Notes */

static Note *
note_new (uint32_t kind, uint64_t room)
{
  uint64_t total = (sizeof (Note) + room + 7) & ~7ull;
  Note *note = (Note *) ((char *) head + head->tail);

  if (head->tail + total > head->size)
    {
      head->full = head->cut = 1;
      pthread_mutex_unlock (&head->lock);
      dark ();
    }
  memset (note, 0, sizeof *note);
  note->kind = kind;
  note->total = (uint32_t) total;
  return note;
}

static void
note_done (Note *note)
{
  __atomic_store_n (&head->tail, head->tail + note->total, __ATOMIC_RELEASE);
}

static void
add_name (Note *note, const char *name)
{
  strcpy ((char *) (note + 1) + note->data_bytes, name);
  note->data_bytes += strlen (name) + 1;
}

/* What lies between from and to, before it is overwritten or cut off. */
static void
note_bytes (int fd, Note *note, uint64_t from, uint64_t to)
{
  char name[64];
  int own = fd;

  if ((fcntl (fd, F_GETFL) & O_ACCMODE) == O_WRONLY)
    {
      /* A descriptor of its own, which only files that nobody locks are written with. */
      snprintf (name, sizeof name, "/proc/self/fd/%d", fd);
      own = (int) sys (SYS_openat, AT_FDCWD, name, O_RDONLY | O_CLOEXEC, 0);
    }
  while (from < to)
    {
      ssize_t got = own < 0 ? -1 : sys (SYS_pread64, own, (char *) (note + 1) + note->data_bytes, to - from, from);

      if (got <= 0)
        {
          static const char text[] = "power: cannot read what is overwritten\n";

          sys (SYS_write, 2, text, sizeof text - 1);
          abort ();
        }
      note->data_bytes += (uint64_t) got;
      from += (uint64_t) got;
    }
  if (own != fd)
    sys (SYS_close, own);
}

static void
note_write (int fd, const struct stat *st, uint64_t offset, uint64_t bytes)
{
  uint64_t size = (uint64_t) st->st_size, to = offset + bytes < size ? offset + bytes : size;
  Note *note = note_new (NOTE_WRITE, to > offset ? to - offset : 0);

  note->inode = st->st_ino;
  note->offset = offset;
  note->bytes = bytes;
  note->old_size = size;
  if (to > offset)
    note_bytes (fd, note, offset, to);
  note_done (note);
}

static void
note_size (int fd, const struct stat *st, uint64_t new_size)
{
  uint64_t size = (uint64_t) st->st_size;
  Note *note = note_new (NOTE_SIZE, size > new_size ? size - new_size : 0);

  note->inode = st->st_ino;
  note->offset = new_size;
  note->old_size = size;
  if (size > new_size)
    note_bytes (fd, note, new_size, size);
  note_done (note);
}

static void
note_names (uint32_t kind, uint64_t folder, uint64_t inode, const char *first, const char *second, const char *third)
{
  Note *note = note_new (kind, 3 * (NAME_MAX + 1));

  note->folder = folder;
  note->inode = inode;
  add_name (note, first);
  if (second)
    add_name (note, second);
  if (third)
    add_name (note, third);
  note->total = (uint32_t) ((sizeof *note + note->data_bytes + 7) & ~7ull);
  note_done (note);
}

/* covered: of this file or folder, or of all (0) */
static void
cover (uint64_t inode, uint64_t before)
{
  int skipped = 0;

  for (uint64_t at = head->first; at < before;)
    {
      Note *note = (Note *) ((char *) head + at);

      if (inode == 0 || (note->kind <= NOTE_SIZE ? note->inode : note->folder) == inode)
        note->covered = 1;
      skipped |= !note->covered;
      at += note->total;
      if (!skipped)
        head->first = at;
    }
}

/* Which files */

static int
is_below (const char *path)
{
  return strncmp (path, data, data_len) == 0 && (path[data_len] == '/' || path[data_len] == 0);
}

/* The whole path of a name: "" when it cannot be below our folder. */
static void
whole (int folder, const char *path, char *out)
{
  char name[64];
  ssize_t len;

  *out = 0;
  if (*path == '/')
    {
      if (strlen (path) < PATH_MAX)
        strcpy (out, path);
      return;
    }
  snprintf (name, sizeof name, folder == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d", folder);
  len = sys (SYS_readlinkat, AT_FDCWD, name, out, PATH_MAX - 2 - strlen (path));
  if (len < 0)
    len = 0;
  else
    out[len++] = '/';
  strcpy (out + len, path);
}

static int
is_ours (int fd, struct stat *st)
{
  char name[64], path[PATH_MAX];
  ssize_t len;

  if (!head || fstat (fd, st) < 0 || !(S_ISREG (st->st_mode) || S_ISDIR (st->st_mode)))
    return 0;
  snprintf (name, sizeof name, "/proc/self/fd/%d", fd);
  len = sys (SYS_readlinkat, AT_FDCWD, name, path, sizeof path - 1);
  if (len < 0)
    return 0;
  path[len] = 0;
  return is_below (path);
}

/* Splits path in place; the folder's inode. */
static uint64_t
split (char *path, const char **out_name)
{
  char *slash = strrchr (path, '/');
  struct stat st;

  *out_name = slash + 1;
  *slash = 0;
  if (stat (path, &st) < 0)
    st.st_ino = 0;
  *slash = '/';
  return st.st_ino;
}

/* Files */

static int
open_noted (int folder, const char *given, int flags, mode_t mode)
{
  char path[PATH_MAX];
  const char *name;
  uint64_t parent;
  struct stat st;
  int there, fd;

  if (!head || (flags & O_ACCMODE) == O_RDONLY || (flags & O_TMPFILE) == O_TMPFILE)
    return (int) sys (SYS_openat, folder, given, flags, mode);
  whole (folder, given, path);
  if (!is_below (path))
    return (int) sys (SYS_openat, folder, given, flags, mode);
  begin ();
  there = stat (path, &st) == 0;
  parent = split (path, &name);
  fd = (int) sys (SYS_openat, AT_FDCWD, path, flags & ~O_TRUNC, mode);
  if (fd < 0)
    return (int) end (fd);
  if (!there && fstat (fd, &st) == 0)
    note_names (NOTE_CREATE, parent, st.st_ino, name, NULL, NULL);
  else if ((flags & O_TRUNC) && st.st_size > 0)
    {
      note_size (fd, &st, 0);
      sys (SYS_ftruncate, fd, 0);
    }
  return (int) end (fd);
}

static mode_t
mode_of (int flags, va_list rest)
{
  return flags & (O_CREAT | O_TMPFILE) ? va_arg (rest, mode_t) : 0;
}

#define OPEN(name)                                                                                                     \
  PUBLIC int name (const char *path, int flags, ...)                                                                   \
  {                                                                                                                    \
    va_list rest;                                                                                                      \
    mode_t mode;                                                                                                       \
                                                                                                                       \
    va_start (rest, flags);                                                                                            \
    mode = mode_of (flags, rest);                                                                                      \
    va_end (rest);                                                                                                     \
    return open_noted (AT_FDCWD, path, flags, mode);                                                                   \
  }
#define OPENAT(name)                                                                                                   \
  PUBLIC int name (int folder, const char *path, int flags, ...)                                                       \
  {                                                                                                                    \
    va_list rest;                                                                                                      \
    mode_t mode;                                                                                                       \
                                                                                                                       \
    va_start (rest, flags);                                                                                            \
    mode = mode_of (flags, rest);                                                                                      \
    va_end (rest);                                                                                                     \
    return open_noted (folder, path, flags, mode);                                                                     \
  }

OPEN (open)
OPEN (open64)
OPENAT (openat)
OPENAT (openat64)

static uint64_t
bytes_of (const struct iovec *iov, int n)
{
  uint64_t bytes = 0;

  for (int i = 0; i < n; i++)
    bytes += iov[i].iov_len;
  return bytes;
}

/* offset -1: where the descriptor stands. */
static ssize_t
write_noted (int fd, const struct iovec *iov, int n, off_t offset, int flags)
{
  struct stat st;
  off_t at = offset;

  if (!is_ours (fd, &st))
    return sys (SYS_pwritev2, fd, iov, n, offset, offset < 0 ? 0 : offset >> 32, flags);
  begin ();
  fstat (fd, &st);
  if (fcntl (fd, F_GETFL) & O_APPEND)
    at = st.st_size;
  else if (at < 0)
    at = sys (SYS_lseek, fd, 0, SEEK_CUR);
  note_write (fd, &st, (uint64_t) at, bytes_of (iov, n));
  return end (sys (SYS_pwritev2, fd, iov, n, offset, 0, flags));
}

PUBLIC ssize_t
write (int fd, const void *bytes, size_t len)
{
  struct stat st;

  if (!is_ours (fd, &st))
    return sys (SYS_write, fd, bytes, len);
  return write_noted (fd, &(struct iovec){ (void *) bytes, len }, 1, -1, 0);
}

PUBLIC ssize_t
writev (int fd, const struct iovec *iov, int n)
{
  struct stat st;

  if (!is_ours (fd, &st))
    return sys (SYS_writev, fd, iov, n);
  return write_noted (fd, iov, n, -1, 0);
}

#define PWRITE(name)                                                                                                   \
  PUBLIC ssize_t name (int fd, const void *bytes, size_t len, off_t offset)                                            \
  {                                                                                                                    \
    return write_noted (fd, &(struct iovec){ (void *) bytes, len }, 1, offset, 0);                                     \
  }
#define PWRITEV(name)                                                                                                  \
  PUBLIC ssize_t name (int fd, const struct iovec *iov, int n, off_t offset)                                           \
  {                                                                                                                    \
    return write_noted (fd, iov, n, offset, 0);                                                                        \
  }
#define PWRITEV2(name)                                                                                                 \
  PUBLIC ssize_t name (int fd, const struct iovec *iov, int n, off_t offset, int flags)                                \
  {                                                                                                                    \
    return write_noted (fd, iov, n, offset, flags);                                                                    \
  }

PWRITE (pwrite)
PWRITE (pwrite64)
PWRITEV (pwritev)
PWRITEV (pwritev64)
PWRITEV2 (pwritev2)
PWRITEV2 (pwritev64v2)

#define FTRUNCATE(name)                                                                                                \
  PUBLIC int name (int fd, off_t size)                                                                                 \
  {                                                                                                                    \
    struct stat st;                                                                                                    \
                                                                                                                       \
    if (!is_ours (fd, &st))                                                                                            \
      return (int) sys (SYS_ftruncate, fd, size);                                                                      \
    begin ();                                                                                                          \
    fstat (fd, &st);                                                                                                   \
    note_size (fd, &st, (uint64_t) size);                                                                              \
    return (int) end (sys (SYS_ftruncate, fd, size));                                                                  \
  }

FTRUNCATE (ftruncate)
FTRUNCATE (ftruncate64)

/* Syncs */

/* Covers what was done before the call; not what is done while it runs. */
static int
sync_noted (uint64_t inode)
{
  struct timespec pause = { 0, 0 };
  uint64_t before;

  begin ();
  before = head->tail;
  pause.tv_nsec = sync_us_max > 0 ? (long) (head->count * 2654435761u % (uint64_t) sync_us_max) * 1000 : 0;
  end (0);
  if (pause.tv_nsec > 0)
    sys (SYS_nanosleep, &pause, NULL);
  begin ();
  cover (inode, before);
  head->syncs++;
  return (int) end (0);
}

PUBLIC int
fsync (int fd)
{
  struct stat st;

  return is_ours (fd, &st) ? sync_noted (st.st_ino) : (int) sys (SYS_fsync, fd);
}

PUBLIC int
fdatasync (int fd)
{
  struct stat st;

  return is_ours (fd, &st) ? sync_noted (st.st_ino) : (int) sys (SYS_fdatasync, fd);
}

PUBLIC int
syncfs (int fd)
{
  struct stat st;

  return is_ours (fd, &st) ? sync_noted (0) : (int) sys (SYS_syncfs, fd);
}

/* Names */

static void
name_gone (char *out)
{
  snprintf (out, NAME_MAX, GONE "%llu", (unsigned long long) head->count);
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

  if (head)
    whole (folder, given, path);
  if (!head || !is_below (path))
    return (int) sys (SYS_unlinkat, folder, given, flags);
  if (flags & AT_REMOVEDIR)
    abort (); /* nobody does; noting it would need its own kind */
  begin ();
  if (stat (path, &st) < 0)
    return (int) end (-1);
  parent = split (path, &name);
  name_gone (gone);
  in_folder (path, name, gone, aside);
  note_names (NOTE_REMOVE, parent, st.st_ino, name, gone, NULL);
  return (int) end (sys (SYS_renameat2, AT_FDCWD, path, AT_FDCWD, aside, 0));
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

  if (head)
    {
      whole (from_folder, from_given, from);
      whole (to_folder, to_given, to);
    }
  if (!head || (!is_below (from) && !is_below (to)))
    return (int) sys (SYS_renameat2, from_folder, from_given, to_folder, to_given, 0);
  begin ();
  parent = split (from, &from_name);
  if (parent != split (to, &to_name))
    abort (); /* between folders: nobody does */
  if (stat (from, &st) < 0)
    return (int) end (-1);
  if (access (to, F_OK) == 0)
    name_gone (gone);
  note_names (NOTE_RENAME, parent, st.st_ino, from_name, to_name, gone);
  if (!*gone)
    return (int) end (sys (SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
  /* Nobody may find the name missing. */
  result = sys (SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, EXCHANGE);
  in_folder (from, from_name, gone, aside);
  if (result == 0)
    result = sys (SYS_renameat2, AT_FDCWD, from, AT_FDCWD, aside, 0);
  return (int) end (result);
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

  if (head)
    whole (folder, given, path);
  if (!head || !is_below (path))
    return (int) sys (SYS_mkdirat, folder, given, mode);
  begin ();
  parent = split (path, &name);
  result = (int) sys (SYS_mkdirat, AT_FDCWD, path, mode);
  if (result == 0 && stat (path, &st) == 0)
    note_names (NOTE_MKDIR, parent, st.st_ino, name, NULL, NULL);
  return (int) end (result);
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
