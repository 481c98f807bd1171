/* The data of a shared object. elf(5), and the gABI for DT_HASH; DT_GNU_HASH is described by its users only. */
#include "base/elf.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

/* More is no plugin that anybody has made. */
enum {
    HEADERS_MAX = 256,
    DYNAMICS_MAX = 1024,
    RELOCATIONS_MAX = 1 << 22,
    STEPS_MAX = 1 << 16,
    LOOKS_MAX = 1 << 29,
    BLOCK = 256
};

static int file_read(int fd, uint64_t offset, void *out, size_t size) {
    if (offset > INT64_MAX) {
        return -ENOEXEC;
    }
    ssize_t n;
    do {
        n = pread(fd, out, size, (off_t)offset);
    } while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : (size_t)n < size ? -ENOEXEC : 0;
}

/* ---- Its addresses ---- */

/* The segment of the file that an address is in; how many bytes of it follow there. NULL: none. */
static const ElfW(Phdr) * segment_of(const struct elf *e, uint64_t address, uint64_t *follow) {
    for (size_t i = 0; i < e->header_count; i++) {
        const ElfW(Phdr) *h = &e->headers[i];
        if (h->p_type == PT_LOAD && address >= h->p_vaddr && address - h->p_vaddr < h->p_filesz) {
            *follow = h->p_filesz - (address - h->p_vaddr);
            return h;
        }
    }
    return NULL;
}

int elf_bytes(const struct elf *e, uint64_t address, void *out, size_t size) {
    uint64_t follow;
    const ElfW(Phdr) *h = segment_of(e, address, &follow);
    if (!h || size > follow || h->p_offset > UINT64_MAX / 2) {
        return -ENOEXEC;
    }
    return file_read(e->fd, h->p_offset + (address - h->p_vaddr), out, size);
}

char *elf_text(const struct elf *e, uint64_t address, size_t most) {
    char block[BLOCK];
    char *text = calloc(1, most + 1);
    int error = text ? 0 : -ENOMEM;
    size_t length = 0;
    while (!error) {
        uint64_t follow = 0;
        size_t size = segment_of(e, address + length, &follow) && follow < BLOCK ? (size_t)follow : BLOCK;
        error = elf_bytes(e, address + length, block, size);
        size_t part = error ? 0 : strnlen(block, size);
        if (length + part > most) {
            error = -E2BIG;
        } else if (!error) {
            memcpy(text + length, block, part);
            length += part;
            if (part < size) {
                return text;
            }
        }
    }
    free(text);
    errno = -error;
    return NULL;
}

/* ---- Its tables ---- */

static int headers_read(struct elf *e) {
    ElfW(Ehdr) head;
    const uint32_t one = 1;
    int error = file_read(e->fd, 0, &head, sizeof(head));
    unsigned char order = *(const unsigned char *)&one ? ELFDATA2LSB : ELFDATA2MSB;
    unsigned char width = sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32;
    if (error || memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 || head.e_ident[EI_CLASS] != width ||
        head.e_ident[EI_DATA] != order || head.e_type != ET_DYN || head.e_phentsize != sizeof(ElfW(Phdr)) ||
        head.e_phnum == 0 || head.e_phnum > HEADERS_MAX) {
        return error ? error : -ENOEXEC;
    }
    e->headers = calloc(head.e_phnum, sizeof(*e->headers));
    e->header_count = e->headers ? head.e_phnum : 0;
    return e->headers ? file_read(e->fd, head.e_phoff, e->headers, head.e_phnum * sizeof(*e->headers)) : -ENOMEM;
}

struct table {
    uint64_t address;
    uint64_t size;
};

static int relocations_read(struct elf *e, const struct table *table) {
    struct stat st;
    uint64_t count = table->size / sizeof(*e->relocations);
    if (count == 0) {
        return 0;
    }
    if (fstat(e->fd, &st) < 0) {
        return -errno;
    }
    if (count > RELOCATIONS_MAX || table->size > (uint64_t)st.st_size) {
        return -ENOEXEC;
    }
    e->relocations = calloc(count, sizeof(*e->relocations));
    if (!e->relocations) {
        return -ENOMEM;
    }
    e->relocation_count = count;
    return elf_bytes(e, table->address, e->relocations, count * sizeof(*e->relocations));
}

static int dynamic_read(struct elf *e, const ElfW(Phdr) * at) {
    struct table relocations = {0};
    size_t count = at->p_filesz / sizeof(ElfW(Dyn));
    bool more = true;
    int error = 0;
    for (size_t i = 0; i < count && i < DYNAMICS_MAX && more && !error; i++) {
        ElfW(Dyn) d;
        error = elf_bytes(e, at->p_vaddr + i * sizeof(d), &d, sizeof(d));
        switch (error ? DT_NULL : d.d_tag) {
        case DT_NULL:
            more = false;
            break;
        case DT_SYMTAB:
            e->symbols = d.d_un.d_ptr;
            break;
        case DT_STRTAB:
            e->names = d.d_un.d_ptr;
            break;
        case DT_HASH:
            e->hash = d.d_un.d_ptr;
            break;
        case DT_GNU_HASH:
            e->gnu_hash = d.d_un.d_ptr;
            break;
        case DT_RELA:
            relocations.address = d.d_un.d_ptr;
            break;
        case DT_RELASZ:
            relocations.size = d.d_un.d_val;
            break;
        default:
            break;
        }
    }
    return error ? error : relocations_read(e, &relocations);
}

int elf_open(struct elf *e, const char *path) {
    *e = (struct elf){.fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)};
    int error = e->fd < 0 ? -errno : headers_read(e);
    for (size_t i = 0; i < e->header_count && !error; i++) {
        if (e->headers[i].p_type == PT_DYNAMIC) {
            return dynamic_read(e, &e->headers[i]);
        }
    }
    return error ? error : -ENOEXEC;
}

void elf_close(struct elf *e) {
    fd_close(&e->fd);
    free(e->headers);
    free(e->relocations);
    *e = (struct elf){.fd = -1};
}

/* ---- Symbols ---- */

static int word_at(const struct elf *e, uint64_t address, uint32_t *word) {
    return elf_bytes(e, address, word, sizeof(*word));
}

/* 0: that symbol has that name and is defined here; 1: not; or -errno. */
static int symbol_is(const struct elf *e, uint32_t index, const char *name, uint64_t *address) {
    ElfW(Sym) symbol;
    int error = elf_bytes(e, e->symbols + (uint64_t)index * sizeof(symbol), &symbol, sizeof(symbol));
    if (error || symbol.st_shndx == SHN_UNDEF) {
        return error ? error : 1;
    }
    char *found = elf_text(e, e->names + symbol.st_name, strlen(name));
    bool same = found && strcmp(found, name) == 0;
    free(found);
    *address = symbol.st_value;
    return same ? 0 : 1;
}

static int gnu_find(const struct elf *e, const char *name, uint64_t *address) {
    uint32_t head[4], hash = 5381, index, chain = 0;
    for (const char *c = name; *c; c++) {
        hash = hash * 33 + (unsigned char)*c;
    }
    int error = elf_bytes(e, e->gnu_hash, head, sizeof(head));
    if (error || head[0] == 0) {
        return error ? error : -ENOEXEC;
    }
    uint64_t buckets = e->gnu_hash + sizeof(head) + (uint64_t)head[2] * sizeof(ElfW(Addr));
    uint64_t chains = buckets + (uint64_t)head[0] * sizeof(chain);
    error = word_at(e, buckets + (uint64_t)(hash % head[0]) * sizeof(index), &index);
    for (int step = 0; !error && index >= head[1] && index > 0 && step < STEPS_MAX; step++, index++) {
        error = word_at(e, chains + (uint64_t)(index - head[1]) * sizeof(chain), &chain);
        int other = error || (chain | 1) != (hash | 1) ? 1 : symbol_is(e, index, name, address);
        if (error || other <= 0) {
            return error ? error : other;
        }
        if (chain & 1) {
            break;
        }
    }
    return error ? error : -ENOENT;
}

static int sysv_find(const struct elf *e, const char *name, uint64_t *address) {
    uint32_t head[2], hash = 0, index;
    for (const char *c = name; *c; c++) {
        hash = (hash << 4) + (unsigned char)*c;
        hash = (hash ^ (hash >> 24 & 0xf0)) & 0x0fffffff;
    }
    int error = elf_bytes(e, e->hash, head, sizeof(head));
    if (error || head[0] == 0) {
        return error ? error : -ENOEXEC;
    }
    uint64_t buckets = e->hash + sizeof(head);
    uint64_t chains = buckets + (uint64_t)head[0] * sizeof(index);
    error = word_at(e, buckets + (uint64_t)(hash % head[0]) * sizeof(index), &index);
    for (int step = 0; !error && index > 0 && step < STEPS_MAX; step++) {
        int other = symbol_is(e, index, name, address);
        if (other <= 0) {
            return other;
        }
        error = word_at(e, chains + (uint64_t)index * sizeof(index), &index);
    }
    return error ? error : -ENOENT;
}

int elf_symbol(const struct elf *e, const char *name, uint64_t *address) {
    if (!e->symbols || !e->names || (!e->gnu_hash && !e->hash)) {
        return -ENOEXEC;
    }
    return e->gnu_hash ? gnu_find(e, name, address) : sysv_find(e, name, address);
}

/* ---- Pointers ---- */

#if __SIZEOF_POINTER__ == 8
#define SYMBOL_OF(info) ELF64_R_SYM(info)
#else
#define SYMBOL_OF(info) ELF32_R_SYM(info)
#endif

/* What a relocation adds to: the symbol's place, if the file itself has it; else only the dynamic linker knows. */
static int base_of(const struct elf *e, const ElfW(Rela) * r, uint64_t *base) {
    ElfW(Sym) symbol = {0};
    uint64_t index = SYMBOL_OF(r->r_info);
    int error = index > 0 ? elf_bytes(e, e->symbols + index * sizeof(symbol), &symbol, sizeof(symbol)) : 0;
    *base = symbol.st_value;
    return error ? error : index > 0 && symbol.st_shndx == SHN_UNDEF ? -ENOEXEC : 0;
}

/* The last relocation of a place holds. Where there is none, the file has the address itself: NULL, or what DT_RELR
 * and DT_REL only add the base to. */
int elf_pointer(struct elf *e, uint64_t address, uint64_t *value) {
    ElfW(Addr) plain = 0;
    e->looked += e->relocation_count;
    if (e->looked > LOOKS_MAX) {
        return -E2BIG;
    }
    for (size_t i = e->relocation_count; i-- > 0;) {
        const ElfW(Rela) *r = &e->relocations[i];
        if (r->r_offset == address) {
            int error = base_of(e, r, value);
            *value += (uint64_t)r->r_addend;
            return error;
        }
    }
    int error = elf_bytes(e, address, &plain, sizeof(plain));
    *value = plain;
    return error;
}
