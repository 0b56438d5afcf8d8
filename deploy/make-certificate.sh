#!/bin/sh
# Make a certificate for the host of a URL, where the folder has none that holds for another month.
# A certificate that somebody else issued is never touched.
# usage: make-certificate.sh FOLDER URL [OWNER]
set -eu

command -v openssl >/dev/null || { echo "There is no openssl in this image: use one of Debian's that has it" >&2; exit 1; }

folder=$1
url=$2
owner=${3:-}
certificate=$folder/certificate.pem
key=$folder/key.pem
issuer='Tonearm local certificate'

host_of() {
    rest=${1#*://}
    rest=${rest%%/*}
    case $rest in
        \[*) rest=${rest#\[}; echo "${rest%%\]*}" ;;
        *) echo "${rest%%:*}" ;;
    esac
}

alternative_name() {
    case $1 in
        *:* | *[0-9].[0-9]*.[0-9]*.[0-9]*) echo "IP:$1" ;;
        *) echo "DNS:$1" ;;
    esac
}

name=$(alternative_name "$(host_of "$url")")

if [ -s "$certificate" ]; then
    if ! openssl x509 -in "$certificate" -noout -issuer | grep -q "$issuer"; then
        echo "The certificate in $folder is not one of ours: it stays"
        exit 0
    fi
    made_for=$(openssl x509 -in "$certificate" -noout -subject -nameopt multiline | sed -n 's/.*commonName *= //p')
    if [ "$made_for" = "${name#*:}" ] && openssl x509 -in "$certificate" -noout -checkend 2592000 >/dev/null; then
        exit 0
    fi
fi

umask 077
# 397 days: the longest that browsers accept.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 397 \
    -subj "/O=$issuer/CN=${name#*:}" -addext "subjectAltName=$name" -addext 'extendedKeyUsage=serverAuth' \
    -keyout "$key.new" -out "$certificate.new" 2>/dev/null
chmod 0644 "$certificate.new"
chmod 0600 "$key.new"
[ -z "$owner" ] || chown "$owner" "$key.new" "$certificate.new"
mv -f "$key.new" "$key"
mv -f "$certificate.new" "$certificate"
echo "Made a certificate for ${name#*:}; browsers warn of it until they are told to trust it"
