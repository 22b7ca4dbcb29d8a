#!/bin/bash
# Becomes the PostgreSQL server of a directory, which it makes at the first start.
#
#   postgres.sh DIRECTORY BINARIES UID
#
#   DIRECTORY/password   scram password of the user holdfast, mode 600
#   DIRECTORY/data       the cluster: whole or not there
#   DIRECTORY/socket     where it listens, and nowhere else
#
# PostgreSQL refuses to run as root. Root therefore gives it a user that has no name on the machine, and
# a view of its own in which that user has one and can reach its directory, whatever lies above it.
set -euo pipefail
umask 077
directory=$1 binaries=$2 uid=$3

if ((EUID != 0)); then
  as=()
elif [ "${4:-}" != inside ]; then
  exec unshare --mount bash "$0" "$directory" "$binaries" "$uid" inside
else
  # Seen by this process only. No state directory is in /run.
  mount -t tmpfs -o mode=755 tmpfs /run
  mkdir -m 755 /run/database /run/binaries
  mount --bind "$directory" /run/database
  mount --bind "$binaries" /run/binaries
  directory=/run/database binaries=/run/binaries
  echo "holdfast:x:$uid:$uid::/:/usr/sbin/nologin" > /run/passwd
  chmod 644 /run/passwd
  mount --bind /run/passwd /etc/passwd
  as=(setpriv --reuid "$uid" --regid "$uid" --clear-groups --inh-caps=-all --bounding-set=-all --no-new-privs --)
  chmod 711 "$directory"
  # Not through a link that somebody may have put there.
  chown -h "$uid:$uid" "$directory/password"
fi

cd "$directory"
# npm may have left the install script of the package out, which would have made these names.
mkdir -p library
chmod 755 library
for file in "$binaries"/lib/*.so.*.*; do
  name=${file##*/}
  ln -sfn "$file" "library/${name%.*}"
done
export LD_LIBRARY_PATH=$directory/library:$binaries/lib

own() { # DIRECTORY: an empty one that is the server's
  rm -rf "$1"
  mkdir -m 700 "$1"
  ((EUID != 0)) || chown "$uid:$uid" "$1"
}

own socket
if [ ! -e data ]; then
  own data.new
  "${as[@]}" "$binaries/bin/initdb" --pgdata="$directory/data.new" --username=holdfast --pwfile="$directory/password" \
    --auth=scram-sha-256 --encoding=UTF8 --locale-provider=builtin --builtin-locale=C.UTF-8 --no-instructions
  # The first database has the server's own user's name.
  echo 'CREATE DATABASE holdfast' |
    "${as[@]}" "$binaries/bin/postgres" --single -D "$directory/data.new" postgres
  mv data.new data
fi
# It must not outlive who starts it, however that ends; the kernel forgets this when the user changes.
exec "${as[@]}" setpriv --pdeathsig KILL -- "$binaries/bin/postgres" -D "$directory/data" \
  -c listen_addresses= -c unix_socket_directories="$directory/socket" -c unix_socket_permissions=0700 \
  -c password_encryption=scram-sha-256 -c fsync=on -c max_connections=80 -c shared_buffers=32MB \
  -c log_statement=none -c log_error_verbosity=terse -c log_min_error_statement=panic -c log_parameter_max_length=0 \
  -c log_parameter_max_length_on_error=0 -c log_timezone=UTC -c timezone=UTC
