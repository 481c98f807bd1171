/* Folders from templates: written into a folder of our own making, which goes again when it cannot be completed. */
#include "dev/template.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/fd.h"

static const char placeholder[] = "@NAME@";

static int text_fill(struct buffer *out, const char *text, size_t length, const char *name) {
    const size_t skip = sizeof(placeholder) - 1;
    int error = 0;
    for (const char *at; !error && (at = memmem(text, length, placeholder, skip)) != NULL;) {
        size_t before = (size_t)(at - text);
        error = buffer_append(out, text, before);
        error = error ? error : buffer_string(out, name);
        text += before + skip;
        length -= before + skip;
    }
    return error ? error : buffer_append(out, text, length);
}

static bool file_belongs(const struct template_file *file, const char *template) {
    return strcmp(file->template, TEMPLATE_BASE) == 0 || strcmp(file->template, template) == 0;
}

/* Appends, since the base may have begun it. */
static int file_write(int folder, const char *path, const struct buffer *text) {
    int fd = openat(folder, path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (fd < 0) {
        return -errno;
    }
    int error = fd_write_all(fd, text->data, text->length);
    return close(fd) < 0 && !error ? -errno : error;
}

static int file_make(int folder, const struct template_file *file, const char *name) {
    struct buffer path = {0};
    struct buffer text = {0};
    int error = text_fill(&path, file->path, strlen(file->path), name);
    error = error ? error : text_fill(&text, file->text, file->length, name);
    error = error ? error : file_write(folder, path.data, &text);
    buffer_free(&path);
    buffer_free(&text);
    return error;
}

static void file_remove(int folder, const struct template_file *file, const char *name) {
    struct buffer path = {0};
    if (text_fill(&path, file->path, strlen(file->path), name) == 0) {
        unlinkat(folder, path.data, 0);
    }
    buffer_free(&path);
}

static int files_make(int folder, const char *template, const char *name) {
    int error = 0;
    for (const struct template_file *f = template_files; f->path && !error; f++) {
        error = file_belongs(f, template) ? file_make(folder, f, name) : 0;
    }
    for (const struct template_file *f = template_files; f->path && error; f++) {
        if (file_belongs(f, template)) {
            file_remove(folder, f, name);
        }
    }
    return error;
}

int template_make(const char *template, const char *name) {
    if (mkdir(name, 0777) < 0) {
        return -errno;
    }
    int folder = open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int error = folder < 0 ? -errno : files_make(folder, template, name);
    fd_close(&folder);
    if (error) {
        rmdir(name);
    }
    return error;
}
