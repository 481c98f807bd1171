#!/usr/bin/env bash
# The manifests of deploy/kubernetes, held against the schema that Kubernetes publishes for each kind (OpenAPI), as the npm
# package kubernetes-models has it: no unknown member, no wrong type. And what they say of each other: labels, ports, volumes.
#     manifests.sh
# Needs node and npm; two packages of pinned versions are fetched into a temporary folder.
set -euo pipefail
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
not_run() { echo "NOT RUN: $*"; exit 77; }
for program in node npm; do
    command -v "$program" >/dev/null || not_run "there is no $program"
done
work=$(mktemp -d "${TMPDIR:-/tmp}/socgi-manifests-XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{}' > package.json
npm install --ignore-scripts --no-audit --no-fund kubernetes-models@4.5.1 js-yaml@4.1.0 > log 2>&1 || { tail -3 log; not_run "npm cannot fetch the schemas"; }
cat > check.js <<'END_JS'
const fs = require("fs"), path = require("path"), yaml = require("js-yaml");
const folder = process.argv[2];
let failed = 0;
const fail = (at, text) => { failed++; console.log(`FAILED: ${at}: ${text}`); };
const found = {};
for (const file of fs.readdirSync(folder).filter((f) => f.endsWith(".yaml"))) {
    for (const doc of yaml.loadAll(fs.readFileSync(path.join(folder, file), "utf8"))) {
        const at = `${file}: ${doc.kind} ${doc.metadata.name}`;
        (found[doc.kind] ??= []).push(doc);
        let Model;
        try {
            Model = require(`kubernetes-models/${doc.apiVersion}/${doc.kind}`)[doc.kind];
        } catch (error) {
            fail(at, `there is no such kind in ${doc.apiVersion}`);
            continue;
        }
        try {
            new Model(doc).validate();
            console.log(`${at}: as ${doc.apiVersion} has it`);
        } catch (error) {
            fail(at, error.message);
        }
    }
}
const one = (kind) => found[kind]?.[0] ?? (fail(kind, "is missing"), null);
const deployment = one("Deployment"), service = one("Service"), budget = one("PodDisruptionBudget"), scaler = one("HorizontalPodAutoscaler");
if (!failed) {
    const pod = deployment.spec.template, container = pod.spec.containers[0];
    const matches = (selector) => Object.entries(selector).every(([k, v]) => pod.metadata.labels[k] === v);
    matches(service.spec.selector) || fail("Service", "selects no pod");
    matches(deployment.spec.selector.matchLabels) || fail("Deployment", "selects no pod of its own");
    matches(budget.spec.selector.matchLabels) || fail("PodDisruptionBudget", "selects no pod");
    scaler.spec.scaleTargetRef.name === deployment.metadata.name || fail("HorizontalPodAutoscaler", "scales another");
    const ports = container.ports.map((p) => p.name);
    for (const p of service.spec.ports) ports.includes(p.targetPort) || fail("Service", `there is no port ${p.targetPort}`);
    for (const probe of ["startupProbe", "readinessProbe", "livenessProbe"])
        container[probe].httpGet.port === "admin" || fail(probe, "is not at the admin port");
    const volumes = pod.spec.volumes.map((v) => v.name), maps = found.ConfigMap.map((m) => m.metadata.name);
    for (const m of container.volumeMounts) volumes.includes(m.name) || fail("Deployment", `there is no volume ${m.name}`);
    for (const v of pod.spec.volumes) if (v.configMap) maps.includes(v.configMap.name) || fail("Deployment", `there is no ConfigMap ${v.configMap.name}`);
    const conf = found.ConfigMap.find((m) => m.data?.["socgi.conf"]).data["socgi.conf"];
    const seconds = (name) => Number(conf.match(new RegExp(`^${name} = (\\d+)s`, "m"))?.[1]);
    seconds("drain_delay") + seconds("drain_timeout") < pod.spec.terminationGracePeriodSeconds || fail("Deployment", "is killed before it has drained");
    fs.writeFileSync("socgi.conf", conf);
}
process.exit(failed ? 1 : 0);
END_JS
node check.js "$source/deploy/kubernetes"
# The checker must see what is wrong.
mkdir wrong
for file in "$source"/deploy/kubernetes/*.yaml; do sed 's/replicas: 3/replicas: many/; s/periodSeconds: 10/periodSecond: 10/' "$file" > "wrong/${file##*/}"; done
! node check.js wrong > wrong.log || { echo "FAILED: the checker takes what is wrong"; exit 1; }
build=${1:-$source/build/release}
if [[ -x $build/socgi ]]; then
    mkdir plugins
    sed -i "s|/plugins|$work/plugins|; s|/spool|$work|" socgi.conf
    "$build/socgi" check -c socgi.conf || { echo "FAILED: socgi check of the ConfigMap"; exit 1; }
fi
