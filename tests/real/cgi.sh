#!/usr/bin/env bash
# CGI programs of Debian 12 by the cgi plugin, as "apt install" leaves them; the configuration is that of plugins/cgi/README.md.
# Outside CI, for it installs much:
#     apt-get install --no-install-recommends cgit gitweb fossil mimetex php-cgi qdbm-cgi mercurial smokeping awstats \
#         cgi-mapserver dokuwiki
#     cgi.sh SOCGI-BINARY PLUGIN-FOLDER
# What is not installed is said to be skipped. Verdicts of all that were tried: plugins/cgi/PROGRAMS.md.
set -uo pipefail
socgi=$(realpath "$1") plugins=$(realpath "$2")
work=$(mktemp -d /tmp/socgi-real-XXXXXX)
failures=0 checks=0 skipped=0
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=$work GIT_CONFIG_NOSYSTEM=1 no_proxy='*' ASAN_OPTIONS=detect_leaks=0

end() {
    kill "$server" 2>/dev/null && wait "$server" 2>/dev/null
    ((failures)) && tail -n 30 "$work/log"
    rm -rf "$work"
}

# expect NAME PATH STATUS PATTERN [CURL-OPTION...]: the head and body of the answer have the pattern.
expect() {
    local name=$1 path=$2 status=$3 pattern=$4 answer
    shift 4
    checks=$((checks + 1))
    answer=$(curl -gsi --max-time 60 "$@" "http://127.0.0.1:$port$path" | tr -d '\0')
    if ! grep -q "^HTTP/1.1 $status " <<<"$answer" || ! grep -aqE -- "$pattern" <<<"$answer"; then
        printf 'FAILED: %s: %s: expected %s and "%s", found\n%s\n' "$name" "$path" "$status" "$pattern" "$(head -c 600 <<<"$answer")"
        failures=$((failures + 1))
    fi
}

has() {
    [[ -e $1 ]] && return
    printf 'skipped, for there is no %s\n' "$1"
    skipped=$((skipped + 1))
    return 1
}

mkdir -p "$work"/{plugins,cgi,app,git,hg}
cp "$plugins/cgi.so" "$work/plugins"
git init -q --bare "$work/git/r.git"
git -C "$work/git/r.git" config http.receivepack true
printf 'scan-path=%s/git\n' "$work" >"$work/cgitrc"
# shellcheck disable=SC2016
printf '$projectroot = "%s/git";\n' "$work" >"$work/gitweb.conf"
printf '#!/usr/bin/fossil\nrepository: %s/r.fossil\n' "$work" >"$work/cgi/fossil"
printf '#!/usr/bin/php-cgi\n<?php echo "shebang ", $_SERVER["SCRIPT_NAME"];\n' >"$work/cgi/shebang"
# shellcheck disable=SC2016
printf '<?php header("X-Powered-By: us"); setcookie("a", "b"); echo $_SERVER["SCRIPT_NAME"], "|", $_SERVER["PATH_INFO"] ?? "", "|", $_GET["q"] ?? "", "|", $_POST["p"] ?? "";\n' >"$work/cgi/page.php"
# shellcheck disable=SC2016
printf '<?php if ($_SERVER["PATH_INFO"] === "/no") http_response_code(404); if ($_SERVER["PATH_INFO"] === "/away") header("Location: /app/there"); echo "front ", $_SERVER["PATH_INFO"];\n' >"$work/app/index.php"
printf 'CONFIG\nENV\nMS_MAP_PATTERN "."\nEND\nMAPS\nred "%s/red.map"\nEND\nEND\n' "$work" >"$work/mapserver.conf"
cat >"$work/red.map" <<'MAPFILE'
MAP
  NAME "red"
  SIZE 10 10
  EXTENT 0 0 1 1
  IMAGETYPE png
  LAYER
    NAME "all"
    TYPE polygon
    STATUS default
    FEATURE POINTS 0 0 1 1 1 0 0 0 END END
    CLASS STYLE COLOR 255 0 0 END END
  END
END
MAPFILE
chmod +x "$work/cgi/fossil" "$work/cgi/shebang"
for link in /usr/lib/cgi-bin/{gitweb.cgi,mimetex.cgi,mapserv,qupl.cgi,smokeping.cgi,awstats.pl} /usr/lib/cgit/cgit.cgi /usr/share/dokuwiki; do
    [[ ! -e $link ]] || ln -s "$link" "$work/cgi"
done
if [[ -e /usr/bin/fossil ]]; then
    (cd "$work" && USER=root fossil init r.fossil >/dev/null)
fi
if [[ -e /usr/bin/hg ]]; then
    (cd "$work/hg" && hg init r && cd r && echo one >file && hg -q commit -A -m first -u me)
    sed "s|^config = .*|config = b'$work/hgweb.config'|" /usr/share/doc/mercurial-common/examples/hgweb.cgi >"$work/cgi/hgweb.cgi"
    printf '[paths]\n/ = %s/hg/*\n[web]\nallow_push = *\npush_ssl = false\n' "$work" >"$work/hgweb.config"
    chmod +x "$work/cgi/hgweb.cgi"
fi
cat >"$work/socgi.conf" <<END
plugin_folder = "$work/plugins"
plugin "cgi" {
    routes = "/cgi-bin /git /app"
    timeout = 2m
    options {
        root = "$work/cgi"
        timeout = 1m
        interpreter = ".php=/usr/bin/php-cgi"
        front = "/git=/usr/lib/git-core/git-http-backend /app=$work/app/index.php"
        programs = "/usr/lib/git-core/* GIT_PROJECT_ROOT=$work/git GIT_HTTP_EXPORT_ALL=1
                    cgit.cgi CGIT_CONFIG=$work/cgitrc
                    gitweb.cgi GITWEB_CONFIG=$work/gitweb.conf
                    mapserv MAPSERVER_CONFIG_FILE=$work/mapserver.conf
                    shebang REDIRECT_STATUS=200"
    }
}
END
[[ -e /usr/bin/php-cgi ]] || sed -i -e '/interpreter/d' -e 's| /app=[^"]*||' "$work/socgi.conf"

"$socgi" -c "$work/socgi.conf" -l 127.0.0.1:0 >"$work/log" 2>&1 &
server=$!
trap end EXIT
for _ in {1..300}; do
    port=$(sed -n 's/.*listening on 127.0.0.1:\([0-9]*\).*/\1/p' "$work/log")
    grep -q 'ready' "$work/log" && [[ -n $port ]] && break
    sleep 0.1
done

(cd "$work" && git init -q -b main one && cd one && git config user.name t && git config user.email t@t && echo one >file &&
    git add file && git commit -qm first && git push -q "http://127.0.0.1:$port/git/r.git" HEAD:refs/heads/master)
expect git-http-backend '/git/r.git/info/refs?service=git-upload-pack' 200 'application/x-git-upload-pack-advertisement'
if has /usr/lib/cgit/cgit.cgi; then
    expect cgit /cgi-bin/cgit.cgi/ 200 'r\.git'
    expect cgit /cgi-bin/cgit.cgi/r.git/log/ 200 'first'
    expect cgit /cgi-bin/cgit.cgi/none.git/ 404 'No repositories|Not found'
fi
if has /usr/lib/cgi-bin/gitweb.cgi; then
    expect gitweb /cgi-bin/gitweb.cgi 200 'r\.git'
    expect gitweb '/cgi-bin/gitweb.cgi?p=r.git;a=log' 200 'first'
    expect gitweb '/cgi-bin/gitweb.cgi?p=none.git' 404 'No such project'
fi
if has /usr/bin/fossil; then
    expect fossil /cgi-bin/fossil 302 '[Ll]ocation: http://127.0.0.1:[0-9]*/cgi-bin/fossil/'
    expect fossil /cgi-bin/fossil/timeline 200 'initial empty check-in'
    (cd "$work" && USER=root fossil clone "http://127.0.0.1:$port/cgi-bin/fossil" two.fossil >fossil.log 2>&1) || { sed 's/^/FAILED: fossil clone: /' "$work/fossil.log"; failures=$((failures + 1)); }
fi
if has /usr/bin/hg; then
    expect hgweb /cgi-bin/hgweb.cgi/ 200 '>r<'
    expect hgweb /cgi-bin/hgweb.cgi/r/log 200 'first'
    (cd "$work" && hg clone -q "http://127.0.0.1:$port/cgi-bin/hgweb.cgi/r" hg2 && cd hg2 && echo two >file &&
        hg -q commit -m second -u me && hg -q push) || { echo 'FAILED: hg clone and push'; failures=$((failures + 1)); }
    expect hgweb /cgi-bin/hgweb.cgi/r/log 200 'second'
fi
if has /usr/lib/cgi-bin/mimetex.cgi; then
    expect mimetex '/cgi-bin/mimetex.cgi?x^2+\frac{1}{2}' 200 'image/gif'
fi
if has /usr/lib/cgi-bin/mapserv; then
    expect mapserv '/cgi-bin/mapserv?map=red&mode=map' 200 'image/png'
    expect mapserv '/cgi-bin/mapserv?map=none&mode=map' 200 'text/html'
fi
if has /usr/lib/cgi-bin/qupl.cgi; then
    expect qdbm /cgi-bin/qupl.cgi 200 '<html|<title'
fi
if has /usr/lib/cgi-bin/smokeping.cgi; then
    mkdir -p /run/smokeping # its service makes it
    expect smokeping /cgi-bin/smokeping.cgi 200 '<html|SmokePing'
fi
if has /usr/lib/cgi-bin/awstats.pl; then
    expect awstats '/cgi-bin/awstats.pl?config=none' 200 'AWStats|awstats'
fi
if has /usr/bin/php-cgi; then
    expect php '/cgi-bin/page.php/info?q=a' 200 '/cgi-bin/page\.php\|/info\|a\|'
    expect php '/cgi-bin/page.php' 200 'page\.php\|\|\|x y' -d 'p=x+y'
    expect php /cgi-bin/shebang 200 '^shebang /cgi-bin/shebang'
    expect php /app/some/page 200 'front /some/page'
    expect php /app/no 404 'front /no'
    expect php /app/away 302 '^Location: /app/there'
fi
if has /usr/share/dokuwiki/doku.php; then
    expect dokuwiki '/cgi-bin/dokuwiki/doku.php?id=start' 200 'DokuWiki'
    expect dokuwiki '/cgi-bin/dokuwiki/doku.php?id=wiki:syntax' 200 'Formatting Syntax'
    expect dokuwiki '/cgi-bin/dokuwiki/lib/exe/css.php?t=dokuwiki' 200 'text/css'
    expect dokuwiki '/cgi-bin/dokuwiki/doku.php?id=no:such:page' 200 'does not exist'
fi
printf '%d checks, %d failures, %d skipped\n' "$checks" "$failures" "$skipped"
((failures == 0))
