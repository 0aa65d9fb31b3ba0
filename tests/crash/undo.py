"""What a power cut leaves: reads the journal that power.c wrote, and takes back a random part of what no sync covered.

Of each folder's changes of names some first ones stay and the later ones go. Of a file's writes each stays, goes, or is
torn: some of its sectors stay, or its first bytes. What was covered by a sync stays whole. The server must not run.
"""
import mmap
import os
import shutil
import struct

HEAD = struct.Struct("=9Q")  # magic size tail count cut_at cut syncs full first
HEAD_BYTES = 4096
NOTE = struct.Struct("=IIQQQQQQQ")  # total kind covered folder inode offset bytes old_size data_bytes
WRITE, SIZE, CREATE, MKDIR, REMOVE, RENAME = range(1, 7)
GONE = ".gone-"
SECTOR = 512
COUNT_AT, CUT_AT_AT, CUT_AT, FULL_AT = 3 * 8, 4 * 8, 5 * 8, 7 * 8


class Note:
    def __init__(self, raw, at):
        (self.total, self.kind, self.covered, self.folder, self.inode, self.offset, self.bytes, self.old_size,
         data_bytes) = NOTE.unpack_from(raw, at)
        self.data = bytes(raw[at + NOTE.size:at + NOTE.size + data_bytes])

    def names(self):
        return [name.decode() for name in self.data.split(b"\0")[:-1]]


class Journal:
    def __init__(self, path, size=1 << 30):
        self.path, self.size = path, size
        self.clear()

    def clear(self):
        """A new file: empty pages cost nothing."""
        if os.path.exists(self.path):
            self.map.close()
            os.unlink(self.path)
        with open(self.path, "w+b") as file:
            file.truncate(self.size)
            os.fchmod(file.fileno(), 0o600)
            self.map = mmap.mmap(file.fileno(), self.size)

    def word(self, at):
        return struct.unpack_from("=Q", self.map, at)[0]

    def count(self):
        return self.word(COUNT_AT)

    def is_dark(self):
        if self.word(FULL_AT):
            raise SystemExit("Bail out! the journal of the power shim is full")
        return self.word(CUT_AT) != 0

    def cut_after(self, operations):
        """The power goes with this operation from now; 0: at once."""
        struct.pack_into("=Q", self.map, CUT_AT_AT, self.count() + max(operations, 1))

    def notes(self):
        tail = HEAD.unpack_from(self.map, 0)[2]
        at = HEAD_BYTES
        while at < tail:
            note = Note(self.map, at)
            yield note
            at += note.total


def folders_by_inode(root):
    found = {os.stat(root).st_ino: root}
    for path, names, _ in os.walk(root):
        for name in names:
            whole = os.path.join(path, name)
            found[os.stat(whole).st_ino] = whole
    return found


def undo_name(folder, note):
    names = note.names()
    here = [os.path.join(folder, name) for name in names]
    if note.kind == CREATE:
        if os.path.exists(here[0]):
            os.unlink(here[0])
    elif note.kind == MKDIR:
        shutil.rmtree(here[0], ignore_errors=True)
    elif note.kind == REMOVE:
        if os.path.exists(here[1]):
            os.rename(here[1], here[0])
    elif os.path.exists(here[1]):
        os.rename(here[1], here[0])
        if names[2] and os.path.exists(here[2]):
            os.rename(here[2], here[1])


def undo_names(root, notes, rng, mode, said):
    by_folder = {}
    for n, note in enumerate(notes):
        if note.kind >= CREATE and not note.covered:
            by_folder.setdefault(note.folder, []).append(n)
    gone = []
    for inode, numbers in by_folder.items():
        keep = {"keep": len(numbers), "drop": 0}.get(mode, rng.choice((0, len(numbers), rng.randint(0, len(numbers)))))
        gone += numbers[keep:]
    paths = folders_by_inode(root)
    for n in sorted(gone, reverse=True):
        folder = paths.get(notes[n].folder)
        if folder and os.path.isdir(folder):
            said.append("name %d undone in %s: %s" % (notes[n].kind, folder, notes[n].names()))
            undo_name(folder, notes[n])


def sectors(note, new, rng, mode):
    """Parts of a write that stay, as (offset, bytes)."""
    how = {"keep": "keep", "drop": "drop"}.get(mode) or rng.choice(("keep", "keep", "drop", "first", "some"))
    if how == "keep":
        return how, [(note.offset, new)]
    if how == "first":
        return how, [(note.offset, new[:rng.randint(0, len(new))])]
    parts = []
    at = 0
    while how == "some" and at < len(new):
        end = min(len(new), ((note.offset + at) // SECTOR + 1) * SECTOR - note.offset)
        if rng.random() < 0.6:
            parts.append((note.offset + at, new[at:end]))
        at = end
    return how, parts


def undo_file(path, notes, rng, mode, said):
    """First back to what is certain, then forward with what stays."""
    fd = os.open(path, os.O_RDWR)
    news = []
    for note in reversed(notes):
        size = os.fstat(fd).st_size
        if note.kind == WRITE:
            news.append(os.pread(fd, max(0, min(note.bytes, size - note.offset)), note.offset))
            os.pwrite(fd, note.data, note.offset)
            os.ftruncate(fd, note.old_size)
        else:
            news.append(b"")
            os.ftruncate(fd, note.old_size)
            os.pwrite(fd, note.data, note.offset)
    for note, new in zip(notes, reversed(news)):
        if note.kind == WRITE:
            how, parts = sectors(note, new, rng, mode)
            for at, part in parts:
                os.pwrite(fd, part, at)
            said.append("%s: write of %d at %d: %s" % (path, len(new), note.offset, how))
        elif mode == "keep" or (mode != "drop" and rng.random() < 0.5):
            os.ftruncate(fd, note.offset)
            said.append("%s: cut to %d: keep" % (path, note.offset))
        else:
            said.append("%s: cut to %d: drop" % (path, note.offset))
    os.close(fd)


def power_cut(root, journal, rng):
    """Returns what was done, line by line."""
    notes = list(journal.notes())
    mode = rng.choice(("keep", "drop", "mix", "mix", "mix", "mix"))
    said = ["mode %s, %d notes" % (mode, len(notes))]
    undo_names(root, notes, rng, mode, said)
    by_inode = {}
    for note in notes:
        if note.kind <= SIZE and not note.covered:
            by_inode.setdefault(note.inode, []).append(note)
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            if name.startswith(GONE):
                os.unlink(path)
                continue
            mine = by_inode.get(os.stat(path).st_ino)
            if mine:
                undo_file(path, mine, rng, mode, said)
    return said
