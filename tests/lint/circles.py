#!/usr/bin/env python3
"""Files that need one another in a circle, and layers that need what lies above them.

    circles.py SOURCE-FOLDER BUILD-FOLDER

A file needs another when its object wants a symbol that the other's defines. What is called through a struct of
functions is needed by nobody, which is the way out of a circle: whoever owns both sides ties them. A layer is a folder
of core/ with a target of its own; a folder of plugins/ is looked at for circles of files alone.
"""
import collections
import json
import os
import re
import shlex
import subprocess
import sys

# The lower ones first: a layer may need those that stand before it.
LAYERS = """base http sandbox wire config loop guard record cache client pool generation service inside master
            coder worker testing command trace dev""".split()

# Nor do these need one another, whichever stands first.
MASTER_SIDE = "config loop guard record cache client pool generation service inside master"
STRANGERS = (("cache", "client pool"), ("client", "pool"), ("worker testing trace", MASTER_SIDE))

LEAST = 60  # object files of core/; fewer: they are sought where they are not

Object = collections.namedtuple("Object", "layer file defined wanted")


def objects_of(build):
    """The objects that the build makes now, of core/ and of plugins/; what others have left there is passed over."""
    places = {}
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as commands:
        for entry in json.load(commands):
            words = shlex.split(entry["command"])
            output = words[words.index("-o") + 1]
            folder, file = os.path.split(entry["file"])
            layer = re.match(r"core/CMakeFiles/socgi_(\w+)\.dir/", output)
            if layer or output.startswith("plugins/"):
                place = (layer[1] if layer else "plugins/" + os.path.basename(folder), file)
                places.setdefault(place, output)  # one of several, where several plugins compile a file
    absent = [output for output in places.values() if not os.path.exists(os.path.join(build, output))]
    if absent:
        sys.exit("FAILED: not built: " + " ".join(absent))
    objects = {output: Object(*place, set(), set()) for place, output in places.items()}
    if objects:
        read_symbols(build, objects)
    plugins = {output for output in objects if output.startswith("plugins/")}
    return [objects[o] for o in objects if o not in plugins], [objects[o] for o in objects if o in plugins]


def read_symbols(build, objects):
    """Fills in what the files define for others, and what they want of others."""
    command = [os.environ.get("NM", "nm"), "-g", "-A", "-P", *objects]
    for line in subprocess.run(command, cwd=build, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines():
        path, _, symbol = line.partition(": ")
        name, kind = symbol.split()[:2]
        if kind in "Uwv":
            objects[path].wanted.add(name)
        elif kind in "ABCDGRSTVWiu":
            objects[path].defined.add(name)


def ties_between(objects):
    """{(object's place, other's place): symbols}; a place is (layer, file)."""
    owners = collections.defaultdict(set)
    for o in objects:
        for symbol in o.defined:
            owners[symbol].add((o.layer, o.file))
    ties = collections.defaultdict(set)
    for o in objects:
        for symbol in o.wanted:
            found = owners.get(symbol, set())
            near = {owner for owner in found if owner[0] == o.layer}  # what two programs define under one name
            for owner in near or found:
                ties[(o.layer, o.file), owner].add(symbol)
    return ties


def circles(arrows):
    """The sets of more than one node that reach one another by (from, to)."""
    follows = collections.defaultdict(set)
    for start, end in arrows:
        follows[start].add(end)

    def reached(start):
        seen, ahead = set(), [start]
        while ahead:
            for node in follows.get(ahead.pop(), set()) - seen:
                seen.add(node)
                ahead.append(node)
        return seen

    reach = {node: reached(node) for node in list(follows)}
    found = {frozenset(other for other in reach[node] if node in reach.get(other, ())) for node in reach}
    return sorted((sorted(nodes) for nodes in found if len(nodes) > 1), key=lambda nodes: (-len(nodes), nodes))


def told(what, ties):
    lines = [f"    {'/'.join(start)} needs of {'/'.join(end)}: {' '.join(sorted(names))}"
             for (start, end), names in sorted(ties.items())]
    return "\n".join([f"FAILED: {what}"] + lines)


def circles_of_files(objects):
    """What is wrong inside the layers, one text each."""
    ties = {tie: names for tie, names in ties_between(objects).items() if tie[0][0] == tie[1][0]}
    for nodes in circles(ties):
        files = " ".join(file for _, file in nodes)
        yield told(f"{len(nodes)} files of {nodes[0][0]} need one another in a circle: {files}",
                   {tie: names for tie, names in ties.items() if tie[0] in nodes and tie[1] in nodes})


def wrong_arrow(start, end):
    """Why one layer must not need another, or None."""
    for some, others in STRANGERS:
        for here, there in ((some, others), (others, some)):
            if start in here.split() and end in there.split():
                return f"{start} needs {end}, of which it must know nothing"
    if start in LAYERS and end in LAYERS and LAYERS.index(start) < LAYERS.index(end):
        return f"{start} needs {end}, which lies above it"
    return None


def circles_of_layers(objects):
    """What is wrong between the layers, one text each."""
    arrows = collections.defaultdict(dict)
    for (start, end), names in ties_between(objects).items():
        if start[0] != end[0]:
            arrows[start[0], end[0]][start, end] = names
    for layer in sorted({o.layer for o in objects} - set(LAYERS)):
        yield f"FAILED: {layer} has no place in the list of layers"
    for nodes in circles(arrows):
        ties = {}
        for (start, end), found in arrows.items():
            if start in nodes and end in nodes:
                ties.update(found)
        yield told(f"{len(nodes)} layers need one another in a circle: {' '.join(nodes)}", ties)
    for (start, end), ties in sorted(arrows.items()):
        wrong = wrong_arrow(start, end)
        if wrong:
            yield told(wrong, ties)


def main(build, least=LEAST):
    core, plugins = objects_of(build)
    if len(core) < least:
        return f"FAILED: found {len(core)} objects of core/ only"
    failures = [*circles_of_files(core), *circles_of_layers(core), *circles_of_files(plugins)]
    print("\n".join(failures + [f"{len(core)} objects of core/, {len(plugins)} of plugins/, {len(failures)} failures"]))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[2]))
