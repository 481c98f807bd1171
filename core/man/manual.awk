# A header of ours as a manual page of section 3, in mdoc(7): its first comment is the description, each comment with what
# it stands before is an entry, each "---- Group ----" a section. A macro without parameters is not for authors.
#     awk -v name=socgi-plugin -v date="November 21, 2026" -v version=0.1.0 -v first="THE PLUGIN" -v also="socgi 1" \
#         -v links=FOLDER -f manual.awk HEADER        a page NAME.3 for each function goes to FOLDER
#
# (Doxygen finds no text in comments that are not /** */, puts functions in the order of the alphabet, out of their
# groups, and takes SOCGI_FORMAT for a parameter; a page that is as good needs more lines of settings and filters.)

function escaped(text) {
    gsub(/\\/, "\\e", text)
    gsub(/`[^`]*`/, "\\fI&\\fR", text)
    gsub(/`/, "", text)
    return text
}

function out(line) { print (line ~ /^[.']/ ? "\\&" : "") line }

# What is indented is shown as it is, an empty line begins a paragraph, a sentence begins a line.
function text_print(text,    lines, count, i, line, shown, printed, gap, indent) {
    count = split(text, lines, "\n")
    for (i = 1; i <= count; i++) {
        line = escaped(lines[i])
        if (line ~ /^  /) {
            if (!shown) { print ".Bd -literal -offset indent"; match(line, /^ +/); indent = RLENGTH }
            else if (gap) print ""
            shown = 1
            out(substr(line, indent + 1))
        } else if (line != "") {
            if (shown) print ".Ed"
            if (gap && printed) print ".Pp"
            shown = 0
            for (; match(line, /[^.][.] +[A-Z"-]/); line = substr(line, RSTART + RLENGTH - 1)) out(substr(line, 1, RSTART + 1))
            out(line)
        }
        printed = printed || line != ""
        gap = line == ""
    }
    if (shown) print ".Ed"
}

# The comment belongs to all that stands below it without an empty line between.
function entry_end() { if (comment != "") text_print(comment); comment = "" }
function list_begin() { if (!inside) print ".Bl -tag -width Ds"; inside = 1 }
function section(title) { if (inside) print ".El"; inside = 0; print ".Sh " toupper(title) }

# "const char *socgi_query(const struct socgi_request *req, ...);"
function function_print(text,    type, called, count, parts, i, line) {
    sub(/ *SOCGI_FORMAT\([^)]*\)/, "", text)
    type = substr(text, 1, index(text, "(") - 1)
    match(type, /[A-Za-z0-9_]+$/)
    called = substr(type, RSTART)
    type = substr(type, 1, RSTART - 1)
    text = substr(text, index(text, "(") + 1)
    sub(/\)[^)]*$/, "", text)
    count = split(text, parts, / *, */)
    line = "Fn " called
    for (i = 1; i <= count; i++) line = line " \"" parts[i] "\""
    list_begin()
    sub(/ $/, "", type)
    print (type == "") ? ".It " line : ".It Xo\n.Ft " type "\n." line "\n.Xc"
    if (links != "") print ".so man3/" name ".3" > (links "/" called ".3")
}

function type_print(text,    title) {
    title = text
    sub(/ *[{;].*/, "", title)
    list_begin()
    print ".It Vt " title
    entry_end()
    if (text ~ /[{]/) print ".Bd -literal\n" escaped(text) "\n.Ed"
}

# "socgi/plugin.h: what a plugin author compiles against."
function title_print(line,    header) {
    header = line
    sub(/:.*/, "", header)
    sub(/^[^:]*: /, "", line)
    sub(/[.]$/, "", line)
    print ".Dd " date "\n.Dt " toupper(name) " 3\n.Os socgi " version "\n.Sh NAME\n.Nm " name "\n.Nd " line
    print ".Sh SYNOPSIS\n.In " header "\n.Sh DESCRIPTION"
}

/^\/\* ---- .* ---*/ { gsub(/^[^A-Za-z]*|[^A-Za-z]*$/, ""); entry_end(); section($0); next }
/^\/\*/ { reading = 1; entry_end() }
reading {
    line = $0
    reading = !sub(/ ?\*\/$/, "", line)
    sub(/^(\/\*| \*|  ) ?/, "", line)
    if (!titled && line != "") { title_print(line); titled = 1 }
    else if (line != "" || comment != "") comment = comment (comment == "" ? "" : "\n") line
    if (!reading && !described) { entry_end(); section(first); described = 1 }
    next
}
/^#define [A-Z_]+\(/ && comment != "" { sub(/^#define /, ""); sub(/ *\\?$/, ""); function_print($0); entry_end(); next }
/^#define/ { comment = "" }
/^$/ && !gathering { entry_end(); next }
/^#/ || /^extern/ || /^}$/ || /^ / && !gathering { next }
{
    gathered = gathering ? gathered (block ? "\n" : " ") $0 : $0
    if (!gathering) block = /[{]$/
    gathering = block ? !/^};/ : !/;$/
    if (gathering) next
    if (!block) gsub(/  +/, " ", gathered)
    if (gathered ~ /^(struct|enum) [a-z_]+( [{]|;)/) type_print(gathered)
    else function_print(gathered)
}
END {
    section("SEE ALSO")
    count = split(also, pages, ",")
    for (i = 1; i <= count; i++) print ".Xr " pages[i] (i < count ? " ," : "")
}
