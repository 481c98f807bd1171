# Writes a file as an array of bytes: the page of the view inside, for the program.
file(READ ${PAGE} hex HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "(char)0x\\1," bytes "${hex}")
string(REGEX REPLACE "((\\(char\\)0x..,){16})" "\\1\n    " bytes "${bytes}")
file(WRITE ${OUT} "/* Made from page.html. */\n#include \"inside/page.h\"\n\nconst char page_html[] = {\n    ${bytes}\n};\nconst size_t page_html_length = sizeof(page_html);\n")
