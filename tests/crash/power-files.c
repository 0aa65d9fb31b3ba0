/* power-files.c: libc's calls that open, write, cut and sync files, with a note of each change; see power.c. */
#include "power.h"

static int
open_noted (int folder, const char *given, int flags, mode_t mode)
{
  char path[PATH_MAX];
  const char *name;
  uint64_t parent;
  struct stat st;
  int there, fd;

  if (!power_is_on () || (flags & O_ACCMODE) == O_RDONLY || (flags & O_TMPFILE) == O_TMPFILE)
    return (int) sys (SYS_openat, folder, given, flags, mode);
  whole (folder, given, path);
  if (!is_below (path))
    return (int) sys (SYS_openat, folder, given, flags, mode);
  power_begin ();
  there = stat (path, &st) == 0;
  parent = split (path, &name);
  fd = (int) sys (SYS_openat, AT_FDCWD, path, flags & ~O_TRUNC, mode);
  if (fd < 0)
    return (int) power_end (fd);
  if (!there && fstat (fd, &st) == 0)
    note_names (NOTE_CREATE, parent, st.st_ino, name, NULL, NULL);
  else if ((flags & O_TRUNC) && st.st_size > 0)
    {
      note_size (fd, &st, 0);
      sys (SYS_ftruncate, fd, 0);
    }
  return (int) power_end (fd);
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
  power_begin ();
  fstat (fd, &st);
  if (fcntl (fd, F_GETFL) & O_APPEND)
    at = st.st_size;
  else if (at < 0)
    at = sys (SYS_lseek, fd, 0, SEEK_CUR);
  note_write (fd, &st, (uint64_t) at, bytes_of (iov, n));
  return power_end (sys (SYS_pwritev2, fd, iov, n, offset, 0, flags));
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
    power_begin ();                                                                                                    \
    fstat (fd, &st);                                                                                                   \
    note_size (fd, &st, (uint64_t) size);                                                                              \
    return (int) power_end (sys (SYS_ftruncate, fd, size));                                                            \
  }

FTRUNCATE (ftruncate)
FTRUNCATE (ftruncate64)

PUBLIC int
fsync (int fd)
{
  struct stat st;

  return is_ours (fd, &st) ? power_sync (st.st_ino) : (int) sys (SYS_fsync, fd);
}

PUBLIC int
fdatasync (int fd)
{
  struct stat st;

  return is_ours (fd, &st) ? power_sync (st.st_ino) : (int) sys (SYS_fdatasync, fd);
}

PUBLIC int
syncfs (int fd)
{
  struct stat st;

  return is_ours (fd, &st) ? power_sync (0) : (int) sys (SYS_syncfs, fd);
}
