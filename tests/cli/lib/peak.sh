# For the scripts about memory.
[ -z "$SAN" ] || { echo "sanitizers keep freed memory"; exit 77; }
[ -r /proc/self/status ] || { echo "there is no /proc here"; exit 77; }

# peak_of ARGUMENT...: the most memory, in kB, that restyle had until shortly before its end; 0: it failed.
peak_of() {
    "$restyle" "$@" 2>"$dir/stderr" </dev/null &
    pid=$!
    most=0
    while status=$(cat /proc/$pid/status 2>/dev/null); do
        case $status in *"State:	Z"*) break ;; esac # it has ended
        now=${status##*VmHWM:} now=${now%%kB*}
        [ "$now" = "$status" ] || most=$((now))
        sleep 0.02
    done
    wait $pid || { cat "$dir/stderr" >&2; most=0; }
    echo "$most"
}
