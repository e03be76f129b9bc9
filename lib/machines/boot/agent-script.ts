/** Where the agent is in a guest that portal-gun builds. */
export const AGENT_PATH = 'usr/lib/portal-gun/agent';

/** The agent of a guest, for busybox ash and dash; `docs/explanation/guest-agent.md` describes its protocol. */
export const AGENT_SCRIPT = String.raw`#!/bin/sh
# portal-gun: the agent of a guest, protocol 1. It answers the host on a virtio-serial port. Every frame, in both
# directions, is a line "pg1 ID KIND LENGTH WORDS" and LENGTH bytes.
#   portal-agent                      serve the port of portal-gun
#   portal-agent PORT                 serve this character device; -: stdin and stdout
#   portal-agent event NAME [TEXT]    report an event to the host
LC_ALL=C HOME=\${HOME:-/root}
export LC_ALL HOME
umask 077
set -f
run=\${PORTAL_AGENT_RUN:-/run/portal-gun-agent}
name=org.portal-gun.agent.1
session=

if [ "$1" = event ]; then
  [ -p "$run/events" ] || exit 1
  shift
  printf '%s\n' "$*" > "$run/events"
  exit
fi

# Writers take turns: there is one line in this pipe, and who has read it writes.
lock() { read -r _ <&8; }
unlock() { echo >&8; }

# say ID KIND WORDS...
say() {
  header="pg1 $1 $2 0"
  shift 2
  lock
  [ ! -d "$session" ] || printf '%s\n' "$header\${*:+ $*}" >&4
  unlock
} 2> /dev/null

# send ID KIND FILE WORDS...
send() {
  header="pg1 $1 $2 $(($(wc -c < "$3")))"
  file=$3
  shift 3
  lock
  # The end of a session removes its files: the host then skips what it gets until the answer to its next hello.
  [ ! -d "$session" ] || { printf '%s\n' "$header\${*:+ $*}" && cat "$file"; } >&4
  unlock
} 2> /dev/null

# fail ID CODE [TEXT]: with the text, or what the last command printed on stderr
fail() {
  [ -z "$3" ] || printf '%s\n' "$3" > "$session/$1/why"
  true >> "$session/$1/why"
  send "$1" fail "$session/$1/why" "$2"
  rm -rf "$session/$1"
}

# take LENGTH: exactly these bytes. Nothing is read ahead.
take() {
  [ "$1" -eq 0 ] || dd bs="$1" count=1 iflag=fullblock <&3 2> /dev/null
}

# gather LENGTH FILE: the same; false if the host disconnected before the last one
gather() {
  take "$1" > "$2"
  [ "$1" -eq 0 ] || [ "$(($(wc -c < "$2")))" -eq "$1" ]
}

end_session() {
  [ -n "$session" ] || return 0
  set +f
  for file in "$session"/*/pid; do
    [ -e "$file" ] && read -r pid < "$file" && kill -KILL "-$pid" 2> /dev/null
  done
  set -f
  rm -rf "$session"
  session=
}

hello() {
  end_session
  sessions=$((sessions + 1))
  session=$run/$sessions
  mkdir "$session" && echo "$session" > "$run/current"
  read -r up _ < /proc/uptime
  # Half a frame of an earlier session may be before it.
  lock
  printf '\npg1 0 hello 0 %s\n' "$1 proto=1 boot=$boot uptime=$up caps=exec,put,get,event,status" >&4
  unlock
  [ -e "$run/waiting" ] || return 0
  mv "$run/waiting" "$run/told"
  while read -r line; do event "$line" "$run/told.event"; done < "$run/told"
}

# event "NAME TEXT" FILE
event() {
  case \${1%% *} in '' | *[!0-9A-Za-z.,:-]*) return ;; esac
  printf '%s' "$1" | dd bs=4096 count=1 iflag=fullblock > "$2" 2> /dev/null
  send 0 event "$2"
}

events() {
  while read -r line <&7; do
    read -r session < "$run/current"
    if [ -d "$session" ]; then event "$line" "$run/event"; else printf '%s\n' "$line" >> "$run/waiting"; fi
  done
}

# pump ID STREAM: sends what a script prints, until it ends; or until a second TERM finds it waiting as the first one did
pump() {
  chunk=$session/$1/$2.chunk
  reader= seen=
  trap '[ "$reader" != "$seen" ] || kill "$reader"; seen=$reader' TERM
  exec 5< "$session/$1/$2"
  while true > "$chunk"; do
    dd bs=65536 count=1 <&5 > "$chunk" &
    reader=$!
    while kill -0 "$reader"; do wait "$reader"; done
    reader=
    [ -s "$chunk" ] || break
    send "$1" "$2" "$chunk"
  done
} 2> /dev/null

job() {
  dir=$session/$1
  mkfifo "$dir/out" "$dir/err" || return
  pump "$1" out &
  out=$!
  pump "$1" err &
  err=$!
  (cd / && umask 022 && exec setsid /bin/sh "$dir/script") < "$dir/input" > "$dir/out" 2> "$dir/err" 3<&- 4>&- 7<&- 8<&- &
  pid=$!
  { echo "$pid" > "$dir/pid" && [ ! -e "$dir/kill" ]; } || kill -KILL "$pid" "-$pid"
  wait "$pid"
  status=$?
  # A process that it left in the background can keep its output open.
  while sleep 1; do kill -TERM "$out" "$err" || break; done > /dev/null 3<&- 4>&- &
  watch=$!
  wait "$out" "$err"
  kill "$watch"
  say "$1" "done" "$status"
  rm -rf "$dir"
} 2> /dev/null

# start_put ID SIZE SHA256 MODE UID GID
start_put() {
  dir=$session/$1
  IFS= read -r path < "$dir/path" || :
  folder=\${path%/*}/
  part=$folder.portal-gun-$3.part
  [ -d "$folder" ] || { fail "$1" failed "no such directory: $folder"; return; }
  [ ! -d "$path" ] || { fail "$1" failed "is a directory: $path"; return; }
  if [ -L "$part" ] || [ ! -f "$part" ]; then rm -rf "$part"; fi
  true 2> "$dir/why" >> "$part" || { fail "$1" failed; return; }
  at=$(($(wc -c < "$part")))
  if [ "$at" -gt "$2" ]; then true > "$part"; at=0; fi
  printf '%s\n' "$part" > "$dir/part"
  echo "$3 $4 $5 $6" > "$dir/goal"
  say "$1" at "$at"
}

end_put() {
  dir=$session/$1
  IFS= read -r path < "$dir/path" || :
  IFS= read -r part < "$dir/part"
  read -r sum mode uid gid < "$dir/goal"
  found=$(sha256sum < "$part")
  if [ "\${found%% *}" != "$sum" ]; then
    rm -f "$part"
    fail "$1" hash "has another SHA-256: \${found%% *}"
  elif { chown "$uid:$gid" "$part" && chmod "$mode" "$part" && mv -f "$part" "$path"; } 2> "$dir/why"; then
    say "$1" ok
    rm -rf "$dir"
  else
    fail "$1" failed
  fi
} 2> /dev/null

# get ID BLOCKS SHA256: after these blocks of 1 MiB, if they are the same
get() {
  dir=$session/$1
  IFS= read -r path < "$dir/path" || :
  [ -e "$path" ] || { fail "$1" missing; return; }
  [ -f "$path" ] || { fail "$1" failed "is not a regular file: $path"; return; }
  true 2> "$dir/why" < "$path" || { fail "$1" failed; return; }
  exec 5< "$path"
  blocks=$2
  if [ "$blocks" -gt 0 ]; then
    found=$(dd bs=1048576 count="$blocks" iflag=fullblock <&5 | sha256sum)
    [ "\${found%% *}" = "$3" ] || { blocks=0; exec 5< "$path"; }
  fi
  say "$1" at $((blocks * 1048576))
  mkfifo "$dir/hash"
  sha256sum < "$dir/hash" > "$dir/sum" &
  hash=$!
  exec 6> "$dir/hash"
  while dd bs=1048576 count=1 iflag=fullblock <&5 > "$dir/chunk" && [ -s "$dir/chunk" ]; do
    [ ! -e "$dir/kill" ] || { fail "$1" cancelled; exit; }
    cat "$dir/chunk" >&6
    send "$1" data "$dir/chunk"
  done
  exec 6>&-
  wait "$hash"
  read -r found _ < "$dir/sum"
  say "$1" ok "$found"
  rm -rf "$dir"
} 2> /dev/null

# handle ID KIND LENGTH WORDS...: false if the host disconnected in the middle
handle() {
  id=$1 kind=$2 length=$3
  shift 3
  case $kind in
    hello) case $1 in '' | *[!0-9a-f]*) ;; *) hello "$1" ;; esac; return ;;
    data)
      if IFS= read -r part < "$session/$id/part"; then
        dd bs="$length" count=1 iflag=fullblock <&3 2> "$session/$id/why" >> "$part" || fail "$id" failed
      else
        take "$length" > /dev/null
      fi
      return ;;
    kill)
      dir=$session/$id
      [ -d "$dir" ] || return 0
      true > "$dir/kill"
      [ -e "$dir/pid" ] && read -r pid < "$dir/pid" && kill "-$1" "-$pid"
      return 0 ;;
    end) [ ! -e "$session/$id/part" ] || end_put "$id" & return 0 ;;
    status)
      read -r up _ < /proc/uptime
      read -r load _ < /proc/loadavg
      say "$id" ok "uptime=$up" "load=$load"
      return ;;
  esac
  dir=$session/$id
  if [ -z "$session" ] || ! mkdir "$dir"; then
    take "$length" > /dev/null
    return
  fi
  case $kind in
    exec)
      gather "$1" "$dir/script" && gather $((length - $1)) "$dir/input" || return
      job "$id" & ;;
    put) gather "$length" "$dir/path" || return; start_put "$id" "$@" ;;
    get) gather "$length" "$dir/path" || return; get "$id" "$1" "$2" & ;;
    *) take "$length" > "$dir/unknown"; fail "$id" unknown ;;
  esac
} 2> /dev/null

serve() {
  while read -r magic id kind length words <&3; do
    [ "$magic" = pg1 ] || continue
    case $id$length in *[!0-9]*) continue ;; esac
    case $kind$words in *[!0-9A-Za-z.,:=\ -]*) continue ;; esac
    # The words have no other characters, so that they can be split.
    handle "$id" "$kind" "\${length:-0}" $words || break
  done
  end_session
}

read -r boot < /proc/sys/kernel/random/boot_id
sessions=0
if [ "$1" = - ]; then
  exec 3<&0 4>&1 < /dev/null > /dev/null
else
  port=$1
  while [ -z "$port" ]; do
    set +f
    for file in /sys/class/virtio-ports/*/name; do
      [ -e "$file" ] && read -r found < "$file" && [ "$found" = "$name" ] && port=\${file%/name} && port=/dev/\${port##*/}
    done
    set -f
    [ -n "$port" ] || sleep 1
  done
  exec 3<> "$port" 4>&3 < /dev/null
fi
rm -rf "$run"
mkdir -p "$run" && mkfifo "$run/turn" "$run/events" || exit 1
exec 8<> "$run/turn" 7<> "$run/events"
echo >&8
echo > "$run/current"
events &
events=$!
if [ "$1" = - ]; then
  serve
  kill "$events"
  rm -rf "$run"
  exit
fi
# A host that is connected since before the reboot gets to know of it.
printf '\npg1 0 start 0 %s\n' "boot=$boot" >&4
while :; do
  serve
  # No host is connected.
  sleep 0.2 || sleep 1
done
`.replaceAll('\\$', '$');
