/* A library that there are two of. */
const char *share_name(void);

const char *share_name(void) {
    return SHARE;
}
