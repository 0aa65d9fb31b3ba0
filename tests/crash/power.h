/* power.h: the parts of the power shim as they see each other: power.c keeps the journal, power-files.c and power-names.c
 * stand in for libc's calls. See power.c. */
#ifndef POWER_H
#define POWER_H

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define GONE ".gone-"
#define PUBLIC __attribute__ ((visibility ("default")))
/* Calls of the kernel, past our own names. */
#define sys(...) syscall (__VA_ARGS__)

/* Kinds are known to undo.py too. */
enum
{
  NOTE_WRITE = 1, /* inode, offset, bytes, old_size; data: what was there */
  NOTE_SIZE,      /* inode, offset: new size, old_size; data: what was cut off */
  NOTE_CREATE,    /* folder, inode; name */
  NOTE_MKDIR,     /* folder, inode; name */
  NOTE_REMOVE,    /* folder, inode; name, name it is kept under */
  NOTE_RENAME,    /* folder, inode; old name, new name, name that the replaced one is kept under or "" */
};

/* Is the shim in force, in this process? */
int power_is_on (void);
/* Takes the lock and counts one operation; does not return when the power is out. */
void power_begin (void);
/* Gives the lock back, and @result; errno stays. */
long power_end (long result);
/* Operations so far; under the lock. */
uint64_t power_count (void);

/* Under the lock: what will be changed by what follows. */
void note_write (int fd, const struct stat *st, uint64_t offset, uint64_t bytes);
void note_size (int fd, const struct stat *st, uint64_t new_size);
void
note_names (uint32_t kind, uint64_t folder, uint64_t inode, const char *first, const char *second, const char *third);
/* A sync of this file or folder, or of all (0). Takes the lock itself. Returns 0. */
int power_sync (uint64_t inode);

/* Is the path below our folder? */
int is_below (const char *path);
/* The whole path of a name in a folder, into PATH_MAX bytes; "" when it has none. */
void whole (int folder, const char *path, char *out);
/* Is it a file or folder below ours? Fills in @st. */
int is_ours (int fd, struct stat *st);
/* The inode of a path's folder, and the last name in it. */
uint64_t split (char *path, const char **out_name);

#endif
