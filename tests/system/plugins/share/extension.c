/* An extension module: what it takes from the interpreter's library it takes for granted. */
const char *share_name(void);
const char *extension_name(void);

const char *extension_name(void) {
    return share_name();
}
