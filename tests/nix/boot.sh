#!/usr/bin/env bash
# Runs under the booted systemd: each line of `ok` is a check; the exit status says whether all held.
bad=0
# As in tests/common/patience.rs.
patience=900
ok() {
    if eval "$2"; then
        echo "ok      $1"
    else
        echo "FAILED  $1: $2"
        ((++bad))
    fi
}
prop() { systemctl show --property="$1" --value invited.service; }
post() {
    curl --silent --show-error --output /dev/null --write-out '%{http_code}\n' --request POST \
        --header "Authorization: Bearer $1" http://127.0.0.1:5290/invites_api
}

ok "the socket is there before the service" '[[ $(systemctl is-active invited.socket) = active && $(prop ActiveState) = inactive ]]'
ok "the first connection starts the service" '[[ $(post website/test) = 201 && $(prop ActiveState) = active ]]'
ok "so does the socket file answer" 'curl --silent --unix-socket /run/invited/http.sock http://x/ >/dev/null'
ok "the socket file is closed to others" '[[ $(stat --format=%a:%U:%G /run/invited/http.sock) = 660:root:root ]]'
ok "a credential is read" '[[ $(post bot/secret-of-the-bot-of-48) = 201 && $(post bot/other) = 403 ]]'
ok "the service's user is none of /etc/passwd" '! grep --quiet "^invited:" /etc/passwd && (($(stat --format=%u /proc/$(prop MainPID)) > 60000))'
ok "there is no network but loopback" '[[ $(nsenter --target "$(prop MainPID)" --net cat /proc/net/dev | grep --count :) = 1 ]]'

ok "the admin command makes a key, on stdout alone" 'key=$(invited key create "A test" 2>/dev/null) && [[ $key =~ ^[^/]{8}/.{32}$ ]]'
ok "which the service takes" '[[ $(post "$key") = 201 ]]'
ok "and owns" '[[ $(stat --format=%a:%u /var/lib/invited/keys/"${key%%/*}".toml) = 600:$(stat --format=%u /proc/$(prop MainPID)) ]]'
ok "a shell that completes a word is answered" '[[ $(_INVITED_COMPLETE=fish invited -- invited key delete "") = *"A test"* ]]'
ok "the admin command sees all invites" '(($(invited invite list | wc --lines) == 3))'
ok "it has the credentials" '[[ $(invited check 2>&1 | grep -v "^note: no accounts are created on ") = "valid: 1 host, 3 keys" ]]'
ok "its exit status is the program's" 'invited no-such-command 2>/dev/null; (($? == 2))'
ok "what looks like a variable to systemd reaches the program as it is" 'invited key create --id dollars "for \$HOME and \${PATH}%n" >/dev/null 2>&1 && [[ $(invited key list | grep ^dollars) = *$'\''\tfor $HOME and ${PATH}%n\t'\''* ]]'
install -D --mode=0600 /dev/stdin /root/private/keys.dat <<'DATA'
return {
    ["imported0001"] = {
        ["id"] = "imported0001";
        ["token"] = "a-secret-from-prosody";
        ["name"] = "imported";
        ["created_at"] = 1700000000;
        ["allowed_methods"] = { ["GET"] = true; ["POST"] = true };
    };
};
DATA
chmod 700 /root/private
ok "it reads a file that is for root alone" 'invited key import --host example.com /root/private/keys.dat && [[ $(post imported0001/a-secret-from-prosody) = 201 ]]'
ok "and hands on what it writes" '[[ $(stat --format=%a:%u /var/lib/invited/keys/imported0001.toml) = 600:$(stat --format=%u /proc/$(prop MainPID)) ]]'
ok "a private key, too, may be for root alone" '(umask 077; invited key create --jwt --id ci >/root/private/ci.pem 2>/dev/null); [[ $(cd /root/private && invited token mint --id ci --key-file ci.pem) = *.*.* ]]'
ok "and others than root have the program alone" 'setpriv --reuid=65534 --regid=65534 --clear-groups invited --version | grep --quiet "^invited "'

mkfifo /tmp/answers
exec 3<>/tmp/answers
for _ in {1..60}; do post "$key"; done >&3 2>&1 &
for _ in 1 2 3; do
    # Each restart falls between two answers.
    read -r -t "$patience" answer <&3 && echo "$answer"
    systemctl restart invited.service
done >/tmp/all
while (($(wc --lines </tmp/all) < 60)) && read -r -t "$patience" answer <&3; do echo "$answer" >>/tmp/all; done
ok "three restarts refuse and lose nothing" '[[ $(sort /tmp/all | uniq --count | xargs) = "60 201" ]]'
ok "which all are in the ledger" '(($(invited invite list | wc --lines) == 64))'

pid=$(prop MainPID)
rm /etc/invited/config.toml && mv /etc/invited/switched /etc/invited/config.toml
ok "changed settings are taken by a reload" 'systemctl reload invited.service; grep --quiet --max-count=1 reload.done <(timeout "$patience" journalctl --follow --lines=all --unit=invited.service); [[ $(post late/test) = 201 ]]'
ok "a key that is no longer declared is refused" '[[ $(post website/test) = 403 ]]'
ok "in the same process" '[[ $(prop MainPID) = "$pid" ]]'

invited=$pid
ok "a switch that changes no socket restarts none" 'systemctl restart invited-sockets.service; [[ $(prop MainPID) = "$invited" ]]'
# What a switch does: units are replaced, and what has changed is restarted, but for sockets.
cp /etc/more/* /etc/systemd/system/
systemctl daemon-reload
systemctl enable invited-metrics.socket 2>/dev/null
systemctl restart invited.service
systemctl stop invited-sockets.service
systemctl start invited-sockets.service sockets.target
ok "a switch that changes sockets restarts them" '[[ $(curl --silent --output /dev/null --write-out "%{http_code}" http://127.0.0.1:5291/healthz) = 200 ]]'
ok "and the old address is still there" '[[ $(post late/test) = 201 ]]'
ok "metrics are collected, by the socket that has come" 'curl --silent http://127.0.0.1:9280/metrics | grep --quiet "^# EOF"'

ok "stopped, the socket file is gone" 'systemctl stop invited.socket invited-metrics.socket invited.service; [[ ! -e /run/invited/http.sock ]]'
# A system with Prosody.
cp --recursive /etc/beside/* /etc/systemd/system/
mv /etc/systemd/system/config.toml /etc/invited/config.toml
systemctl daemon-reload
systemctl start prosody.service invited.socket
in_time() {
    local end=$((SECONDS + patience))
    until "$@" >/dev/null 2>&1; do
        ((SECONDS < end)) || return
        sleep 0.1
    done
}
ok "Prosody has its admin socket for its group alone" 'in_time test -S /run/prosody/admin.sock; [[ $(stat --format=%a:%U:%G /run/prosody/admin.sock) = 770:prosody:prosody ]]'
ok "the admin command reaches it" '[[ $(invited check --connect) = "example.com: Prosody 0.12"* ]]'
is_up() { curl --silent http://127.0.0.1:5290/readyz | grep --quiet --fixed-strings "\"state\":\"ok\""; }
ok "so does the service" 'in_time is_up'
ok "and mints links for apps" '[[ $(curl --silent --header "Authorization: Bearer website/test" --json "{\"uri\":true}" http://127.0.0.1:5290/api/v1/invites) = *preauth=* ]]'

ok "nothing has failed" '[[ -z $(systemctl --failed --no-legend --plain) ]]'
exit $((bad > 0))
