#!/usr/bin/env bash
# The fastcgi plugin before Debian's php-fpm and a program of libfcgi; and, with --bench, a hello in PHP beside nginx
# with the same php-fpm. Not in CI: it fetches packages, into a folder of its own. Needs curl; libfcgi's part a build
# with tests/bench and spawn-fcgi; --bench nginx and wrk.
#     fastcgi.sh BUILD-FOLDER [--bench]
set -euo pipefail
build=$(realpath "$1")
work=$(mktemp -d /tmp/socgi-fastcgi.XXXXXX)
pids=()
finish() {
    ((${#pids[@]} == 0)) || kill "${pids[@]}" 2> /dev/null || true
    wait || true
    rm -rf "$work"
}
trap finish EXIT
failures=0
fail() { printf 'FAILED: %s\n' "$*"; failures=$((failures + 1)); }
# expect WHAT FOUND EXPECTED
expect() { [[ $2 == "$3" ]] || fail "$1: found \"$2\", expected \"$3\""; }
await() { for _ in {1..300}; do "$@" > /dev/null 2>&1 && return; sleep 0.1; done; fail "awaited in vain: $*"; }

mkdir -p "$work"/{debs,root,www/sub,plugins}
chmod 755 "$work" "$work/www"
(cd "$work/debs" && apt-get download php8.2-fpm php8.2-common php8.2-opcache libargon2-1 libsodium23 libapparmor1 2> /dev/null > /dev/null
    for deb in *.deb; do dpkg -x "$deb" "$work/root"; done)
fpm=$work/root/usr/sbin/php-fpm8.2
export LD_LIBRARY_PATH=$work/root/usr/lib/x86_64-linux-gnu
"$fpm" -n -v | head -1

cat > "$work/www/hello.php" <<'PHP'
<?php header('Content-Type: text/plain'); echo "Hello, world!\n";
PHP
cat > "$work/www/tell.php" <<'PHP'
<?php $b = file_get_contents('php://input');
header('Content-Type: text/plain'); header('X-Own: yes'); setcookie('a', '1'); setcookie('b', '2');
echo $_SERVER['REQUEST_METHOD'], ' ', $_SERVER['SCRIPT_NAME'], ' ', $_SERVER['PATH_INFO'] ?? '-', ' ', $_SERVER['QUERY_STRING'], ' ', strlen($b), ' ', md5($b);
PHP
cat > "$work/www/index.php" <<'PHP'
<?php echo 'front: ', $_SERVER['REQUEST_URI'];
PHP
echo '<?php http_response_code(404); echo "none";' > "$work/www/sub/index.php"
printf '%s' '<?php fwrite(fopen("php://stderr", "w"), "a word\n"); trigger_error("a warning", E_USER_WARNING); echo "said";' > "$work/www/words.php"
echo '<?php exec("kill -9 " . getmypid());' > "$work/www/killed.php"
# shellcheck disable=SC2016
printf '%s' '<?php for ($i = 0; $i < 2000; $i++) { echo str_repeat("x", 10000); }' > "$work/www/large.php"
echo '<?php sleep(30);' > "$work/www/slow.php"
echo '<?php no such thing' > "$work/www/broken.php"
chmod -R a+rX "$work/www"

cat > "$work/fpm.conf" <<CONF
[global]
error_log = $work/fpm.log
[www]
user = www-data
group = www-data
listen = $work/php.sock
listen.mode = 0666
listen.backlog = 4096
pm = static
pm.max_children = 4
php_admin_flag[log_errors] = on
php_admin_flag[display_errors] = off
CONF
"$fpm" -n -y "$work/fpm.conf" -F > /dev/null 2>&1 &
pids+=($!)
await test -S "$work/php.sock"
cp "$build/plugins/fastcgi.so" "$work/plugins/"

# serve PORT OPTION...
serve() {
    local port=$1
    shift
    "$build/socgi" --listen "127.0.0.1:$port" --workers 4 "$@" "$work/plugins" 2> "$work/log.$port" > /dev/null &
    pids+=($!)
    await curl -s "http://127.0.0.1:$port/"
}

for keep in false true; do
    port=18471
    [[ $keep == false ]] || port=18472
    at=http://127.0.0.1:$port/fastcgi
    printf 'pool "php" { plugins = { "fastcgi" }  workers = 4  needs = "read:%s connect:unix" }\n' "$work/www" > "$work/conf"
    serve "$port" -c "$work/conf" -o "fastcgi.socket=$work/php.sock" -o "fastcgi.root=$work/www" -o fastcgi.front=/index.php -o fastcgi.timeout=3 -o "fastcgi.keep=$keep"
    for _ in {1..20}; do expect hello "$(curl -s "$at/hello.php")" 'Hello, world!'; done
    expect 'path info' "$(curl -s "$at/tell.php/a/b%20c?x=1&y")" 'GET /fastcgi/tell.php /a/b c x=1&y 0 d41d8cd98f00b204e9800998ecf8427e'
    head -c 5000000 /dev/zero > "$work/body"
    expect 'a body' "$(curl -s -H 'Content-Type: application/octet-stream' --data-binary "@$work/body" "$at/tell.php" | cut -d' ' -f5-)" "5000000 $(md5sum < "$work/body" | cut -d' ' -f1)"
    expect 'a chunked one' "$(curl -s -H 'Content-Type: a/b' -H 'Transfer-Encoding: chunked' --data-binary "@$work/body" "$at/tell.php" | cut -d' ' -f5)" 5000000
    expect cookies "$(curl -sI "$at/tell.php" | grep -ci '^set-cookie')" 2
    expect 'front controller' "$(curl -s "$at/some/where?q")" 'front: /fastcgi/some/where?q'
    expect 'a status' "$(curl -s -o /dev/null -w '%{http_code}' "$at/sub/")" 404
    expect 'a large answer' "$(curl -s "$at/large.php" | wc -c)" 20000000
    expect words "$(curl -s "$at/words.php")" said
    await grep -q 'fastcgi: .*a warning' "$work/log.$port"
    expect 'broken' "$(curl -s -o /dev/null -w '%{http_code}' "$at/broken.php")" 500
    expect 'a time limit' "$(curl -s -o /dev/null -w '%{http_code}' "$at/slow.php")" 504
    expect 'hello after it' "$(curl -s "$at/hello.php")" 'Hello, world!'
    expect 'killed' "$(curl -s -o /dev/null -w '%{http_code}' -X POST "$at/killed.php")" 502
    for _ in {1..20}; do expect 'hello after that' "$(curl -s "$at/hello.php")" 'Hello, world!'; done
done

if [[ -x $build/tests/bench/bench_fastcgi ]] && command -v spawn-fcgi > /dev/null; then
    spawn-fcgi -n -M 0666 -s "$work/program.sock" -- "$build/tests/bench/bench_fastcgi" 4 &
    pids+=($!)
    await test -S "$work/program.sock"
    serve 18473 -o "fastcgi.socket=$work/program.sock" -o fastcgi.split=
    expect libfcgi "$(curl -s http://127.0.0.1:18473/fastcgi)" 'Hello, world!'
else
    echo 'not tried: libfcgi'
fi
echo "$failures failures"

# Requests a second of a hello in PHP, five times each in turn.
if [[ ${2-} == --bench ]]; then
    cat > "$work/nginx.conf" <<CONF
user www-data;
worker_processes 4;
pid $work/nginx.pid;
error_log $work/nginx.log;
events { worker_connections 1024; }
http {
    access_log off;
    upstream php { server unix:$work/php.sock; }
    server {
        listen 127.0.0.1:18480 backlog=4096;
        root $work/www;
        location ~ \.php\$ {
            fastcgi_pass php;
            include /etc/nginx/fastcgi_params;
            fastcgi_param SCRIPT_FILENAME \$document_root\$fastcgi_script_name;
        }
    }
}
CONF
    quiet=(-s access_log=off)
    nginx -c "$work/nginx.conf" -e stderr -g 'daemon off;' &
    pids+=($!)
    serve 18474 "${quiet[@]}" -o "fastcgi.socket=$work/php.sock" -o "fastcgi.root=$work/www"
    await curl -sf http://127.0.0.1:18480/hello.php
    rate() { wrk -t 2 -c "$1" -d 3 "$2" | sed -n 's,^Requests/sec: *,,p'; }
    for connections in 4 64; do
        for _ in 1 2 3 4 5; do
            a=$(rate $connections http://127.0.0.1:18480/hello.php)
            b=$(rate $connections http://127.0.0.1:18474/fastcgi/hello.php)
            echo "$connections connections: nginx $a, socgi $b, $(awk "BEGIN { printf \"%.2f\", $b / $a }")"
        done
    done
fi
((failures == 0))
