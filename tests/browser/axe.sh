# Accessibility by axe-core, in the open page. Sourced after webdriver.sh.
#
# Debian has no package of it, so it is fetched from the npm registry, once, into the build folder: one version, whose
# checksum is here. It is not ours (MPL 2.0) and not kept in the sources.
# shellcheck shell=bash disable=SC2034,SC2154
axe_version=4.14.1
axe_sha512=1477dafa598d8d065f273d6af302aa203c02e83131707b7fa648cd41bd3d6b734f8c22a0dab86ee6a6f64b8afbe804b214d36db85a2826965edfb3a0b9d546b5

# Afterwards $axe is the script.
axe_fetch() { # FOLDER
    local archive=$1/axe-core-$axe_version.tgz
    local url=https://registry.npmjs.org/axe-core/-/axe-core-$axe_version.tgz
    axe=$1/axe-$axe_version.js
    if [[ ! -f $archive ]]; then
        curl -fsSL --retry 3 --max-time 120 -o "$archive.new" "$url" || {
            echo "FAILED: axe-core cannot be fetched from $url; without a network, put that file at $archive"
            return 1
        }
        mv "$archive.new" "$archive"
    fi
    echo "$axe_sha512  $archive" | sha512sum --check --status || {
        echo "FAILED: $archive is not the axe-core that is expected; remove it to fetch it anew"
        return 1
    }
    tar -xzOf "$archive" package/axe.min.js > "$axe"
}

# What it finds wrong with the page, one line each; nothing is good.
axe_run() { # WORK-FOLDER
    jq -n --rawfile source "$axe" '{script: $source, args: []}' > "$1/axe.json"
    driver POST "/session/$session/execute/sync" "@$1/axe.json" >/dev/null || return 1
    driver POST "/session/$session/execute/async" "$(jq -n '{args: [], script: "
        const done = arguments[0];
        axe.run(document).then(
            (results) => done(results.passes.length < 20 ? [\"axe has checked next to nothing\"] : results.violations.flatMap((rule) => rule.nodes.map((node) =>
                `${rule.id}: ${node.target.join(\" \")}: ${node.failureSummary.split(\"\\n\").slice(1).join(\" \").trim()}`))),
            (error) => done([String(error)]));"}')" | jq -r '.[]'
}
