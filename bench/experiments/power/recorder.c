// Preloaded into a server, it writes down what that asks of the disk below RECORD_DIR: every write with its bytes, and
// when a sync began and when it had come back. What a power cut would have left is worked out from that (disk.ts).
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { WRITE = 1, TRUNCATE = 2, SYNC_BEGINS = 3, SYNC_ENDS = 4, UNLINK = 5 };
enum { MAX_FDS = 65536 };

struct head {
  uint64_t at_ns, offset;
  uint32_t data_length;
  uint16_t path_length;
  uint16_t what;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char *paths[MAX_FDS];
static int journal = -1;
static const char *directory;
static size_t directory_length;

__attribute__((constructor)) static void begin(void) {
  const char *file = getenv("RECORD_FILE");
  directory = getenv("RECORD_DIR");
  if (!file || !directory) return;
  directory_length = strlen(directory);
  journal = (int)syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static uint64_t now(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return (uint64_t)at.tv_sec * 1000000000u + (uint64_t)at.tv_nsec;
}

static void put(const void *bytes, size_t length) {
  const char *from = bytes;
  while (length > 0) {
    long written = syscall(SYS_write, journal, from, length);
    if (written <= 0) abort();
    from += written;
    length -= (size_t)written;
  }
}

static void note(int what, const char *path, uint64_t offset, const struct iovec *parts, int count) {
  size_t length = 0;
  for (int at = 0; at < count; at += 1) length += parts[at].iov_len;
  struct head head = {now(), offset, (uint32_t)length, (uint16_t)strlen(path), (uint16_t)what};
  pthread_mutex_lock(&lock);
  put(&head, sizeof head);
  put(path, head.path_length);
  for (int at = 0; at < count; at += 1) put(parts[at].iov_base, parts[at].iov_len);
  pthread_mutex_unlock(&lock);
}

static const char *path_of(int fd) { return journal >= 0 && fd >= 0 && fd < MAX_FDS ? paths[fd] : NULL; }

static int opened(int fd, const char *path) {
  char whole[PATH_MAX];
  if (journal < 0 || fd < 0 || fd >= MAX_FDS || !realpath(path, whole)) return fd;
  if (strncmp(whole, directory, directory_length) == 0 && whole[directory_length] == '/') paths[fd] = strdup(whole + directory_length + 1);
  return fd;
}

#define NEXT(type, name) ((type)dlsym(RTLD_NEXT, name))

#define OPEN(name)                                                                        \
  int name(const char *path, int flags, ...) {                                            \
    va_list rest;                                                                         \
    va_start(rest, flags);                                                                \
    mode_t mode = va_arg(rest, mode_t);                                                   \
    va_end(rest);                                                                         \
    return opened(NEXT(int (*)(const char *, int, mode_t), #name)(path, flags, mode), path); \
  }
OPEN(open)
OPEN(open64)

int close(int fd) {
  if (path_of(fd)) paths[fd] = NULL;
  return NEXT(int (*)(int), "close")(fd);
}

#define PWRITE(name)                                                                                    \
  ssize_t name(int fd, const void *bytes, size_t length, off_t offset) {                                \
    const char *path = path_of(fd);                                                                     \
    struct iovec part = {(void *)bytes, length};                                                        \
    if (path) note(WRITE, path, (uint64_t)offset, &part, 1);                                            \
    return NEXT(ssize_t (*)(int, const void *, size_t, off_t), #name)(fd, bytes, length, offset);       \
  }
PWRITE(pwrite)
PWRITE(pwrite64)

ssize_t write(int fd, const void *bytes, size_t length) {
  const char *path = path_of(fd);
  struct iovec part = {(void *)bytes, length};
  off_t offset = path ? lseek(fd, 0, SEEK_CUR) : -1;
  // libuv closes by a system call of its own, after which the number may be a socket's.
  if (path && offset < 0) paths[fd] = NULL;
  else if (path) note(WRITE, path, (uint64_t)offset, &part, 1);
  return NEXT(ssize_t (*)(int, const void *, size_t), "write")(fd, bytes, length);
}

#define TRUNCATES(name)                                                    \
  int name(int fd, off_t length) {                                         \
    const char *path = path_of(fd);                                        \
    if (path) note(TRUNCATE, path, (uint64_t)length, NULL, 0);             \
    return NEXT(int (*)(int, off_t), #name)(fd, length);                   \
  }
TRUNCATES(ftruncate)
TRUNCATES(ftruncate64)

#define SYNC(name)                                         \
  int name(int fd) {                                       \
    const char *path = path_of(fd);                        \
    if (path) note(SYNC_BEGINS, path, (uint64_t)gettid(), NULL, 0);  \
    int answer = NEXT(int (*)(int), #name)(fd);            \
    if (path && answer == 0) note(SYNC_ENDS, path, (uint64_t)gettid(), NULL, 0); \
    return answer;                                         \
  }
SYNC(fsync)
SYNC(fdatasync)

int unlink(const char *path) {
  char whole[PATH_MAX];
  int is_ours = journal >= 0 && realpath(path, whole) && strncmp(whole, directory, directory_length) == 0 && whole[directory_length] == '/';
  if (is_ours) note(UNLINK, whole + directory_length + 1, 0, NULL, 0);
  return NEXT(int (*)(const char *), "unlink")(path);
}
