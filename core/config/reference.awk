# What is made of core/config/options.def, which says how its entries are written: put in the place of the line
# "@OPTIONS@" of a text. "@VERSION@" becomes the version.
#     awk -v form=example -v version=0.1.0 -f reference.awk options.def socgi.conf.in
#     awk -v form=manual -v version=0.1.0 -f reference.awk options.def socgi.conf.5.in

# The arguments of a macro's call, a string's text without its quotes. Those of a call within it are left as they are.
function arguments(text, list,    i, c, depth, quoted, count) {
    split("", list)
    count = 1
    for (i = index(text, "("); i <= length(text); i++) {
        c = substr(text, i, 1)
        if (c == "\"") quoted = !quoted
        else if (!quoted && c == "(" && depth++ == 0) continue
        else if (!quoted && c == ")" && --depth == 0) break
        else if (!quoted && c == "," && depth == 1) { count++; continue }
        if (depth > 1) list[count] = list[count] c
        else if (quoted && c == "\\") list[count] = list[count] substr(text, ++i, 1)
        else if (c != "\"" && (quoted || c != " ")) list[count] = list[count] c
        if (depth > 1 && quoted && c == "\\") list[count] = list[count] substr(text, ++i, 1)
    }
    return count
}

# A value as the file has it.
function written(text, is_list) {
    if (text !~ /^[0-9A-Za-z]+$/) text = "\"" text "\""
    return is_list ? "{ " text " }" : text
}

function keep(kind, name, value, words, help, more) {
    count++
    kinds[count] = kind; names[count] = name; values[count] = value; defaults[count] = words; helps[count] = help; mores[count] = more
}

# `given` is a default as options.def gives it: the value, and what the manual says of it.
function option(kind, name, given, is_list, help, more,    parts) {
    if (given ~ /^COMPUTED\(/) { arguments(given, parts); keep(kind "?", name, written(parts[1], is_list), " (" parts[2] ")", help, more) }
    else if (given ~ /^SAMPLE\(/) { arguments(given, parts); keep(kind, name, written(parts[1], is_list), "", help, more) }
    else keep(kind, name, written(given, is_list), " = " written(given, is_list), help, more)
}

function entry(text,    macro, a) {
    macro = substr(text, 1, index(text, "(") - 1)
    arguments(text, a)
    if (macro == "GROUP") keep("group", a[1], "", "", a[2], "")
    else if (macro == "SECTION") keep("section", a[1], a[2], "", a[3], "")
    else if (macro == "INHERITS") keep("inherits", "", a[1], "", a[2], "")
    else if (macro == "FREE") keep("option", a[1], a[2], "", a[3], a[4])
    else if (macro ~ /LIST$/) option("option", a[1], a[4], 1, a[5], a[6])
    else option("option", a[1], a[4], 0, a[7], a[8])
    if (macro == "SHARED") shared = shared (shared == "" ? "" : ", ") a[1]
}

# ---- The example ----

# Lines of words that are not longer than the width, each begun by the same.
function wrapped(begin, text, width,    words, n, i, line) {
    n = split(text, words, " ")
    line = begin
    for (i = 1; i <= n; i++) {
        if (length(line " " words[i]) > width) { print line; line = begin }
        line = line " " words[i]
    }
    print line
}

function example_print(    i, margin, sign) {
    for (i = 1; i <= count; i++) {
        if (margin != "" && kinds[i] != "option" && kinds[i] != "inherits") { print "# }"; margin = "" }
        if (kinds[i] == "group") {
            print "\n# ---- " names[i] " ----"
            if (helps[i] != "") wrapped("#", helps[i], 120)
        } else if (kinds[i] == "section") {
            print "\n# ---- " names[i] " \"NAME\" ----"
            wrapped("#", helps[i], 120)
            print "# " names[i] " \"" values[i] "\" {"
            margin = "#     "
        } else if (kinds[i] == "inherits") {
            print margin values[i]
            wrapped("#     #", helps[i] " " shared, 120)
        } else {
            sign = values[i] ~ /^[{] [a-z]+ = / ? " " : " = "
            printf "%-30s # %s%s\n", (kinds[i] == "option?" ? "# " : margin) names[i] sign values[i], helps[i],
                kinds[i] == "option?" ? defaults[i] : ""
        }
    }
    if (margin != "") print "# }"
}

# ---- The manual ----

function roff(text) { gsub(/\\/, "\\e", text); return (text ~ /^[.']/ ? "\\&" : "") text }
function roff_argument(text) { text = roff(text); gsub(/"/, "\\(dq", text); return text }

# The block that stands above a section's options.
function sample_print(i,    at) {
    print ".nf\n" names[i] " \"" values[i] "\" {"
    for (at = i + 1; at <= count && kinds[at] != "section"; at++)
        print "    " names[at] (kinds[at] == "inherits" ? "" : values[at] ~ /^[{] [a-z]+ = / ? " " : " = ") values[at]
    print "}\n.fi\n.PP"
}

function manual_print(    i) {
    for (i = 1; i <= count; i++) {
        if (kinds[i] == "group" || kinds[i] == "section") {
            print ".SS " roff_argument(names[i] (kinds[i] == "section" ? " \"NAME\"" : ""))
            if (kinds[i] == "section") sample_print(i)
            if (helps[i] != "") print roff(helps[i])
        } else if (kinds[i] == "inherits") {
            print ".PP\n" roff(helps[i] " " shared ".")
        } else {
            print ".TP\n.B " roff_argument(names[i] defaults[i])
            print roff(helps[i] (mores[i] == "" ? "." : ". " mores[i]))
        }
    }
}

# ---- Reading ----

FNR == 1 { file++ }
file == 1 && /^#undef/ { reading = 0; next }
file == 1 && /^[A-Z_]+\(/ { reading = 1; gathered = "" }
file == 1 && reading { gathered = gathered " " $0; if (/\)$/) { sub(/^ /, "", gathered); entry(gathered); reading = 0 } }
file == 1 { next }
/^@OPTIONS@$/ { if (form == "example") example_print(); else manual_print(); next }
{ gsub(/@VERSION@/, version); print }
