/* A disk that hangs or fails under the files of a ledger, and what would be left of them if the power went: loaded by
 * LD_PRELOAD, for tests/program/disk.rs. $DISK is a directory.
 *
 * While $DISK/hang is there, whoever reads, writes or syncs the ledger waits. While $DISK/fail is there, the log's
 * fdatasync(2) fails. In $DISK/kept is what is on the disk: what was written comes there when it is synced, and what
 * was written before a sync that failed never does, as Linux has it (https://lwn.net/Articles/752063/): the pages
 * count as clean then, and a later sync that succeeds says nothing of them. $DISK/syncs has a line for each sync. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static struct range { ino_t file; off_t at; size_t length; } dirty[1 << 16];
static size_t dirty_count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int in_disk(char *path, const char *name) {
    const char *disk = getenv("DISK");
    return disk && snprintf(path, PATH_MAX, "%s/%s", disk, name) < PATH_MAX;
}

static int is_there(const char *name) {
    char path[PATH_MAX];
    return in_disk(path, name) && access(path, F_OK) == 0;
}

/* The name of the ledger's file that this is, or of its log. */
static const char *ours(int fd, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    if (length < 0) return NULL;
    path[length] = 0;
    const char *name = strrchr(path, '/');
    if (!name) return NULL;
    name++;
    return strcmp(name, "ledger.db") == 0 || strcmp(name, "ledger.db-wal") == 0 ? name : NULL;
}

static const char *wait_for_disk(int fd, char *path) {
    int error = errno;
    const char *name = ours(fd, path);
    while (name && is_there("hang")) usleep(2000);
    errno = error;
    return name;
}

static void written(int fd, off_t at, ssize_t length) {
    struct stat found;
    if (length <= 0 || fstat(fd, &found) != 0) return;
    pthread_mutex_lock(&lock);
    if (dirty_count == sizeof dirty / sizeof *dirty) abort();
    dirty[dirty_count++] = (struct range){found.st_ino, at, (size_t)length};
    pthread_mutex_unlock(&lock);
}

static void copy(int from, int to, off_t at, size_t length) {
    char *bytes = malloc(length);
    ssize_t got = REAL(pread)(from, bytes, length, at);
    if (got > 0 && REAL(pwrite)(to, bytes, (size_t)got, at) != got) abort();
    free(bytes);
}

/* What was written since the last sync: kept, or lost. */
static void settle(int fd, const char *name, int is_kept) {
    char path[PATH_MAX], kept[NAME_MAX];
    struct stat found;
    snprintf(kept, sizeof kept, "kept/%s", name);
    if (fstat(fd, &found) != 0 || !in_disk(path, kept)) abort();
    int is_new = access(path, F_OK) != 0;
    int to = is_kept ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
    if (is_kept && to < 0) abort();
    /* The descriptor may be for writing alone. */
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    int from = open(link, O_RDONLY | O_CLOEXEC);
    if (is_kept && is_new) copy(from, to, 0, (size_t)found.st_size);
    size_t left = 0;
    for (size_t i = 0; i < dirty_count; i++) {
        if (dirty[i].file != found.st_ino) dirty[left++] = dirty[i];
        else if (is_kept) copy(from, to, dirty[i].at, dirty[i].length);
    }
    dirty_count = left;
    if (is_kept && ftruncate(to, found.st_size) != 0) abort();
    /* To close a file of SQLite's is to lose its locks: this one is left open. It is few. */
    if (to >= 0) close(to);
}

/* Which call it was, and for which file: a line of $DISK/syncs. */
static void note(const char *call, const char *name) {
    char path[PATH_MAX];
    FILE *notes = in_disk(path, "syncs") ? fopen(path, "a") : NULL;
    if (!notes) abort();
    fprintf(notes, "%s %s\n", call, name);
    fclose(notes);
}

static int sync_with(int fd, const char *call, int (*real)(int)) {
    char path[PATH_MAX];
    const char *name = wait_for_disk(fd, path);
    if (!name) return real(fd);
    pthread_mutex_lock(&lock);
    note(call, name);
    int fails = strcmp(name, "ledger.db-wal") == 0 && is_there("fail");
    settle(fd, name, !fails);
    pthread_mutex_unlock(&lock);
    if (!fails) return real(fd);
    errno = EIO;
    return -1;
}

int fdatasync(int fd) { return sync_with(fd, "fdatasync", REAL(fdatasync)); }
int fsync(int fd) { return sync_with(fd, "fsync", REAL(fsync)); }

ssize_t write(int fd, const void *bytes, size_t length) {
    char path[PATH_MAX];
    const char *name = wait_for_disk(fd, path);
    off_t at = name ? lseek(fd, 0, SEEK_CUR) : 0;
    ssize_t done = REAL(write)(fd, bytes, length);
    if (name) written(fd, at, done);
    return done;
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) {
    char path[PATH_MAX];
    const char *name = wait_for_disk(fd, path);
    ssize_t done = REAL(pwrite)(fd, bytes, length, at);
    if (name) written(fd, at, done);
    return done;
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t at) { return pwrite(fd, bytes, length, at); }

ssize_t read(int fd, void *bytes, size_t length) {
    char path[PATH_MAX];
    wait_for_disk(fd, path);
    return REAL(read)(fd, bytes, length);
}

ssize_t pread(int fd, void *bytes, size_t length, off_t at) {
    char path[PATH_MAX];
    wait_for_disk(fd, path);
    return REAL(pread)(fd, bytes, length, at);
}

ssize_t pread64(int fd, void *bytes, size_t length, off64_t at) { return pread(fd, bytes, length, at); }

int unlink(const char *path) {
    char kept[PATH_MAX];
    int done = REAL(unlink)(path);
    const char *name = strrchr(path, '/');
    if (done == 0 && name && strcmp(name, "/ledger.db-wal") == 0 && in_disk(kept, "kept/ledger.db-wal")) REAL(unlink)(kept);
    return done;
}
