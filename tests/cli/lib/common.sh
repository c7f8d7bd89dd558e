# For the scripts of tests/cli: a scratch folder in $dir and the words of the
# tests. They run from the root of the repository; B is the build folder.
set -u
: "${B:=build}" "${SAN:=}"
restyle=$B/restyle
tiny=tests/golden/tiny # random weights, sizes in multiples of 2, a frame in milliseconds
failed=0
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM HUP

fail() { printf 'failed: %s\n' "$*"; failed=1; }
finish() { exit $failed; }

# need PROGRAM...: the test is skipped where one is missing.
need() {
    for program; do
        command -v "$program" >/dev/null || { echo "there is no $program here"; exit 77; }
    done
}

# run CODE ARGUMENT...: restyle exits with CODE; $dir/stdout and $dir/stderr keep what it said.
run() {
    want=$1; shift
    "$restyle" "$@" >"$dir/stdout" 2>"$dir/stderr" </dev/null
    got=$?
    [ $got -eq "$want" ] && return
    fail "restyle $*: exit $got, expected $want"; cat "$dir/stdout" "$dir/stderr"
}

# says TEXT: standard error has it.
says() { grep -qF -- "$1" "$dir/stderr" || { fail "no '$1' in:"; cat "$dir/stderr"; }; }

# one_message: progress and warnings apart, standard error is a single line.
one_message() {
    [ "$(grep -cv '^frame [0-9]\|^restyle: warning: ' "$dir/stderr")" -eq 1 ] ||
        { fail "expected one message, got:"; cat "$dir/stderr"; }
}

# refuses CODE TEXT ARGUMENT...: ends with CODE and one message that has TEXT, and
# leaves no file below $dir/new, where such tests put their outputs.
refuses() {
    code=$1 text=$2; shift 2
    run "$code" "$@"
    says "$text"
    one_message
    left=$(find "$dir/new" -type f 2>/dev/null)
    [ -z "$left" ] || { fail "restyle $*: leaves $left"; rm -rf "$dir/new"; }
}

# exists FILE..., missing FILE...
exists() { for f; do [ -s "$f" ] || fail "there is no '$f'"; done; }
missing() { for f; do [ ! -e "$f" ] || fail "'$f' should not be there"; done; }

# same WHAT A B: two texts are equal.
same() { [ "$2" = "$3" ] || { fail "$1 differ:"; printf '%s\n--\n%s\n' "$2" "$3"; }; }

# make_video FILE OPTION...: a small moving test picture, by FFmpeg.
make_video() {
    file=$1; shift
    ffmpeg -nostdin -v error -y -f lavfi -i testsrc2=s=36x28:r=30000/1001 "$@" "$file" || fail "ffmpeg: $file"
}

# pixels FILE: all frames as rgb24, raw.
pixels() { ffmpeg -nostdin -v error -i "$1" -map 0:v -vsync passthrough -enc_time_base -1 -f rawvideo -pix_fmt rgb24 -; }

# stream FILE ENTRIES: values of the first video stream, as "a|b|c".
stream() { ffprobe -v error -select_streams v:0 -count_packets -show_entries "stream=$2" -of compact=p=0:nk=1 "$1"; }
# Some frames and packets have side data, which ffprobe sets off by a comma and an empty line.
without_rest() { sed 's/,.*//; /^$/d'; }
frame_times() { ffprobe -v error -select_streams v:0 -show_entries frame=pts_time -of csv=p=0 "$1" | without_rest; }
# Times, sizes and checksums of the sound's packets.
audio_packets() { ffmpeg -nostdin -v error -i "$1" -map 0:a -c copy -f framemd5 - | grep -v '^#'; }
