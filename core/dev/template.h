/*
 * What socgi new makes folders from: the files below core/dev/templates, which are a part of the program. Those of
 * templates/base go into every folder; a template's file of the same name is appended to them. In paths and texts,
 * @NAME@ stands for the plugin's name.
 */
#ifndef DEV_TEMPLATE_H
#define DEV_TEMPLATE_H

#include <stddef.h>

#define TEMPLATE_BASE "base"

struct template_file {
    const char *template; /* the folder that it is in */
    const char *path;     /* in the folder that is made; no slash */
    const char *text;     /* no NUL follows */
    size_t length;
};

/* Ended by a file without a path; TEMPLATE_BASE comes first. Made from the folder by template.cmake. */
extern const struct template_file template_files[];

/* Makes the folder `name` in the current one from the template of that name. 0; -EEXIST: there is something of that
 * name, which is left as it is; or a -errno of mkdir(2), open(2), write(2), and nothing of it is left behind. */
int template_make(const char *template, const char *name);

#endif
