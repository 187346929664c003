# Shell helpers of scripts/demo and scripts/acceptance. Sourced by bash with `set -euo pipefail`.
# Every started process is recorded by its id and ended by it; all files are in $work, which is
# removed.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
PATH="$PATH:/usr/sbin:/sbin"
work=""
pids=()
edge_dirs=()
web_port=8088

if [ -t 1 ]; then bold=$'\e[1m' red=$'\e[31m' green=$'\e[32m' plain=$'\e[0m'; else bold="" red="" green="" plain=""; fi

now_ms() { echo $(($(date +%s%N) / 1000000)); }

# Reports a failed expectation and exits with status 1; the exit trap shows the logs and cleans up.
fail() {
    printf '%sfailed:%s %s\n' "$red" "$plain" "$*" >&2
    exit 1
}

# wait_until SECONDS WHAT COMMAND...: polls until the command succeeds.
wait_until() {
    local seconds=$1 what=$2 end
    shift 2
    end=$(($(now_ms) + seconds * 1000))
    until "$@" >/dev/null 2>&1; do
        [ "$(now_ms)" -lt "$end" ] || fail "$what: still not so after $seconds s"
        sleep 0.1
    done
}

# start LOGNAME COMMAND...: runs it in the background, with its output in $work/log. Sets $started
# to its id.
start() {
    local log=$work/log/$1.log
    shift
    "$@" >>"$log" 2>&1 </dev/null &
    started=$!
    pids+=("$started")
}

# An ended child stays a zombie until the shell waits for it: a zombie counts as ended.
is_alive() { [ -r "/proc/$1/stat" ] && [[ "$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null)" == [!ZX]* ]]; }

# stop PID: SIGTERM, and SIGKILL after 10 s. Status: the program's own.
stop() {
    local pid=$1 tries=0 status=0
    kill -TERM "$pid" 2>/dev/null || true
    kill -CONT "$pid" 2>/dev/null || true
    while is_alive "$pid" && [ $tries -lt 100 ]; do
        tries=$((tries + 1))
        sleep 0.1
    done
    kill -KILL "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || status=$?
    local kept=() other
    for other in "${pids[@]}"; do [ "$other" = "$pid" ] || kept+=("$other"); done
    pids=("${kept[@]}")
    return $status
}

# Ends all started processes and removes $work. On failure first prints the ends of the logs.
clean_up() {
    local status=$? pid dir log
    trap - EXIT
    trap '' INT TERM
    set +e
    if [ $status != 0 ] && [ $status != 130 ] && [ -n "$work" ]; then
        for log in "$work"/log/*.log "$work"/edges/*/error.log; do
            [ -s "$log" ] || continue
            printf -- '---- the last lines of %s\n' "${log#"$work"/}" >&2
            tail -n 15 "$log" >&2
        done
    fi
    for pid in "${pids[@]}"; do kill -TERM "$pid" 2>/dev/null; done
    for pid in "${pids[@]}"; do stop "$pid"; done
    for dir in "${edge_dirs[@]}"; do "$root/scripts/deploy/edgeroll-nginx" -b -d "$dir" stop 2>/dev/null; done
    declare -F clean_up_more >/dev/null && clean_up_more
    [ -z "$work" ] || rm -rf "$work"
    exit $status
}

# make_work NAME: makes the temporary folder, and the traps that remove it.
make_work() {
    trap clean_up EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    work=$(mktemp -d "${TMPDIR:-/tmp}/edgeroll-$1.XXXXXX")
    chmod 711 "$work" # nginx's workers run as another user when this runs as root
    mkdir "$work/log" "$work/edges"
}

is_listening() { (exec 3<>"/dev/tcp/$1/$2") 2>/dev/null; }

# pick_network SECOND-BYTE: sets $network to a 127.x.y where ports 8443, 8080 and $web_port are
# free.
pick_network() {
    local tries n address port
    for tries in $(seq 20); do
        n=$((RANDOM % 250 + 1))
        network=127.$1.$n
        for address in 1 100; do
            for port in 8443 8080 "$web_port"; do
                ! is_listening "$network.$address" "$port" || continue 3
            done
        done
        return 0
    done
    fail "no free 127.$1.y network: does another program hold port 8443, 8080 or $web_port on every address?"
}

# start_edge NAME ADDRESS [SETTING=VALUE...]: an edge with its own nginx and agent. Its folder is
# $work/edges/NAME, its certificate comes from scripts/certs. Sets $started to the agent's id.
start_edge() {
    local name=$1 address=$2 dir=$work/edges/$1
    shift 2
    if [ ! -d "$dir" ]; then
        mkdir -p "$dir/tmp"
        chmod 711 "$dir"
        edge_dirs+=("$dir")
    fi
    start "$name" env \
        AGENT_HTTP_ADDR="$address:8443" \
        AGENT_CERT="$work/certs/$name.crt" AGENT_KEY="$work/certs/$name.key" AGENT_CA="$work/certs/ca.crt" \
        AGENT_ROOT="$dir/agent" \
        AGENT_CHECK_CMD="'$root/scripts/deploy/edgeroll-nginx' -b -d '$dir' check" \
        AGENT_RELOAD_CMD="'$root/scripts/deploy/edgeroll-nginx' -b -d '$dir' reload" \
        AGENT_VERIFY_URL="http://$address:$web_port/edgeroll-version" \
        "$@" "$bin/edgeroll-agent"
}

# write_version DIR VERSION [typo|forbids]: an nginx configuration for every edge; the agents fill in
# ${node.ip} and ${node.name}. With typo nginx refuses it; with forbids it answers everybody with 403.
write_version() {
    local dir=$1 version=$2 word=return status=200
    case "${3:-}" in typo) word=retrun ;; forbids) status=403 ;; esac
    mkdir -p "$dir/conf.d"
    cat >"$dir/nginx.conf" <<'END'
worker_processes 1;
events { worker_connections 256; }
http {
    access_log off;
    client_body_temp_path tmp/body;
    proxy_temp_path tmp/proxy;
    fastcgi_temp_path tmp/fastcgi;
    uwsgi_temp_path tmp/uwsgi;
    scgi_temp_path tmp/scgi;
    include conf.d/*.conf;
}
END
    cat >"$dir/conf.d/site.conf" <<END
server {
    listen \${node.ip}:$web_port;
    include edgeroll-version.conf;
    location / {
        default_type text/plain;
        $word $status "\${node.name} serves configuration $version\n";
    }
}
END
}

# certificates COUNT: makes an authority, control's certificate and those of edge-1 to edge-COUNT.
certificates() {
    local n
    {
        "$root/scripts/certs" "$work/certs" ca
        "$root/scripts/certs" "$work/certs" control
        for n in $(seq "$1"); do "$root/scripts/certs" "$work/certs" agent "edge-$n" "$network.$n"; done
    } >"$work/log/certs.log" 2>&1 || fail "scripts/certs"
}

# make_token NAME: makes an admin's API token: adds its line to $work/tokens and sets
# EDGEROLL_TOKEN. The token is the word whose digest is in the line, whatever else the command
# prints.
make_token() {
    local word digest
    "$bin/edgeroll-control" token "$1" --role admin >"$work/token" 2>"$work/log/token.log" || fail "edgeroll-control token"
    digest=$(grep -o "$1:admin:[0-9a-f]\{64\}" "$work/token" | cut -d: -f3)
    for word in $(cat "$work/token"); do
        if [ "$(printf %s "$word" | sha256sum | cut -d' ' -f1)" = "$digest" ]; then
            export EDGEROLL_TOKEN=$word
            (umask 027 && echo "$1:admin:$digest" >"$work/tokens")
            return 0
        fi
    done
    fail "'edgeroll-control token' printed no token that fits its line"
}

# start_mariadb: starts a private server; sets $database_url, and mariadb_client for use as by a
# pipeline.
start_mariadb() {
    "$root/scripts/private-mariadb" start "$work/mariadb" >"$work/mariadb.txt" 2>"$work/log/mariadb.log" ||
        fail "scripts/private-mariadb"
    database_url=$(sed -n 's/^url=//p' "$work/mariadb.txt")
    clean_up_more() { "$root/scripts/private-mariadb" stop "$work/mariadb"; }
}
mariadb_client() {
    mariadb --no-defaults --socket="$(sed -n 's/^socket=//p' "$work/mariadb.txt")" --user=root edgeroll "$@"
}
