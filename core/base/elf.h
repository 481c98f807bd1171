/*
 * The data of a shared object, read from its file: nothing of it is mapped, nothing of it runs, and it is believed
 * nothing. What is asked for and is not there, lies outside of the file or cannot be told without the dynamic linker
 * is an error, never a guess. For files of this machine's kind.
 */
#ifndef BASE_ELF_H
#define BASE_ELF_H

#include <link.h>
#include <stddef.h>
#include <stdint.h>

struct elf {
    int fd;
    ElfW(Phdr) * headers;
    size_t header_count;
    uint64_t symbols, names; /* addresses, as all below; 0: there is none */
    uint64_t hash, gnu_hash;
    ElfW(Rela) * relocations;
    size_t relocation_count;
    uint64_t looked; /* at so many of them: it ends somewhere, for the file is somebody else's */
};

/* 0; -ENOEXEC: it is no such file; or -errno. To be closed in any case. */
int elf_open(struct elf *elf, const char *path);
void elf_close(struct elf *elf);

/* Where a symbol that it exports is. 0, -ENOENT, or -errno. */
int elf_symbol(const struct elf *elf, const char *name, uint64_t *address);

/* `size` bytes from that address on, as the file has them. 0, or -errno. */
int elf_bytes(const struct elf *elf, uint64_t address, void *out, size_t size);

/* The pointer that will be there when it is loaded, as an address in the file; 0: NULL. 0, or -errno. */
int elf_pointer(struct elf *elf, uint64_t address, uint64_t *value);

/* The text there, of at most so many bytes; the caller's. NULL with errno set. */
char *elf_text(const struct elf *elf, uint64_t address, size_t most);

#endif
