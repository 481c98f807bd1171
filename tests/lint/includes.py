#!/usr/bin/env python3
"""Files that include too many of our headers, and headers that everybody in another folder includes.

    includes.py SOURCE-FOLDER

The first is a file that knows too much; the second a header that shows too much, as one that lists what is a whole
process's does. Both are counted in the .c and .h files of core/ and of its folders; what was written for authors
(templates) lies deeper and is not looked at.
"""
import collections
import os
import re
import sys

MOST = 14  # of our headers in one file
SHARE = 2 / 3  # of a folder's files, for one header of another folder
SMALL = 6  # a folder of fewer files has no share to speak of
LEAST = 100  # files of core/; fewer: they are sought where they are not
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', re.MULTILINE)


def folders_of(core):
    """{folder: {file: the headers of ours that it includes}}; "." are those that lie in no folder."""
    folders = collections.defaultdict(dict)
    for folder in [".", *sorted(os.listdir(core))]:
        path = os.path.join(core, folder)
        for file in sorted(os.listdir(path)) if os.path.isdir(path) else ():
            if file.endswith((".c", ".h")):
                with open(os.path.join(path, file), encoding="utf-8") as text:
                    folders[folder][file] = set(INCLUDE.findall(text.read()))
    return folders


def failures_of(folders):
    """What is wrong, one text each."""
    for folder, files in folders.items():
        for file, headers in files.items():
            if len(headers) > MOST:
                path = os.path.normpath(os.path.join(folder, file))
                yield f"FAILED: {path} includes {len(headers)} headers of ours, {MOST} at most"
    for folder, files in folders.items():
        uses = collections.Counter(h for headers in files.values() for h in headers if os.path.dirname(h) != folder)
        for header, count in uses.most_common() if len(files) >= SMALL else ():
            if count > SHARE * len(files):
                yield f"FAILED: {header} is included by {count} of {len(files)} files of {folder}, two thirds at most"


def main(source, least=LEAST):
    folders = folders_of(os.path.join(source, "core"))
    count = sum(map(len, folders.values()))
    if count < least:
        return f"FAILED: found {count} files of core/ only"
    failures = list(failures_of(folders))
    print("\n".join(failures + [f"{count} files, {len(failures)} failures"]))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
