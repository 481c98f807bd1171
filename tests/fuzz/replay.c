/* Runs a fuzz target over the files of a folder: the corpus as a regression test, without libFuzzer. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"

enum { INPUT_MAX = 1 << 20 };

static int replay(const char *path) {
    FILE *from = fopen(path, "rb");
    uint8_t *bytes = malloc(INPUT_MAX);
    if (!from || !bytes) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    size_t length = fread(bytes, 1, INPUT_MAX, from);
    fclose(from);
    uint8_t *exact = malloc(length ? length : 1);
    for (size_t i = 0; exact && i < length; i++) {
        exact[i] = bytes[i];
    }
    free(bytes);
    (void)LLVMFuzzerTestOneInput(exact, length);
    free(exact);
    return 1;
}

int main(int argc, char **argv) {
    DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
    if (!folder) {
        fprintf(stderr, "usage: %s CORPUS-FOLDER\n", argv[0]);
        return 2;
    }
    int count = 0;
    for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
        char path[4096];
        if (entry->d_name[0] != '.') {
            snprintf(path, sizeof(path), "%s/%s", argv[1], entry->d_name);
            count += replay(path);
        }
    }
    closedir(folder);
    printf("%d inputs\n", count);
    return count > 0 ? 0 : 1;
}
